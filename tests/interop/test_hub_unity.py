"""A program like Runway's plug-in for Unity, under node, against a whole Taxiway."""

from interop.conftest import taxiway
from interop.node import run

FAMILY = "toys:Gradient"


async def test_a_program_like_unitys_starts_asks_and_stops_a_model() -> None:
    with taxiway(FAMILY) as ports:
        seen = await run("unity_client.js", str(ports.hub), "Painter")
    assert seen["health"] == {"status": 200, "success": True}
    assert seen["started"]["status"] == 200
    session = seen["session"]
    assert (session["application"], session["runningStatus"]) == ("Unity", "RUNNING")
    assert [field["name"] for field in session["model"]["commands"][0]["inputs"]] == [
        "z",
        "truncation",
        "size",
    ]
    assert seen["outputs"]["status"] == 200
    assert seen["outputs"]["image"].startswith("data:image/jpeg;base64,")
    assert (seen["stopped"]["status"], seen["again"]["status"]) == (200, 404)
