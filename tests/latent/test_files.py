"""Latent files: every format there and back, every hostile one refused in one sentence."""

import io
import json
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from taxiway.core.errors import InvalidArgument, NotFound, TaxiwayError
from taxiway.core.images import encode_png
from taxiway.latent import arrays
from taxiway.latent.files import WRITTEN, read_latents, write_latent
from taxiway.latent.space import Latent, Shape, Space

SHAPE = Shape(z_dim=8, w_dim=8, num_ws=4)
Z_ONLY = Shape(z_dim=8, w_dim=0, num_ws=0)
ONE = np.arange(8, dtype=np.float32)
ROWS = np.arange(32, dtype=np.float32).reshape(4, 8)
FLOATS = st.floats(-(2.0**100), 2.0**100, width=32)


def saved(folder: Path, name: str, array: Any) -> Path:
    path = folder / name
    path.write_bytes(arrays.npy_bytes(array))
    return path


@pytest.mark.parametrize(
    ("array", "spaces"),
    [
        (ONE, ["w"]),
        (ONE[None], ["w"]),
        (ONE[None, None], ["w"]),
        (ROWS, ["w+"]),
        (ROWS[None], ["w+"]),
        (ROWS[None, None], ["w+"]),
        (ROWS[:3], ["w"] * 3),
        (np.stack([ROWS, ROWS]), ["w+"] * 2),
        (ROWS[:, None], ["w"] * 4),
        (ROWS[:3, None], ["w"] * 3),
        (np.zeros((5, 1, 8)), ["w"] * 5),
        (ONE.astype(np.float64), ["w"]),
        (ONE.astype(np.int16), ["w"]),
    ],
    ids=lambda value: str(getattr(value, "shape", "")),
)
def test_the_shape_of_an_array_says_what_it_is(
    array: Any, spaces: list[str], tmp_path: Path
) -> None:
    found = read_latents(saved(tmp_path, "some.npy", array), SHAPE)
    assert [latent.space for latent in found] == spaces
    together = np.stack([latent.numbers for latent in found])
    np.testing.assert_array_equal(together.ravel(), np.asarray(array, np.float32).ravel())
    assert found[0].name.startswith("some")


def test_eighteen_rows_are_cut_to_the_layers_there_are(tmp_path: Path) -> None:
    tall = np.arange(18 * 8, dtype=np.float32).reshape(18, 8)
    for array in (tall, tall[None], tall[:6][None]):
        [found] = read_latents(saved(tmp_path, "tall.npy", array), SHAPE)
        assert found.space == "w+"
        np.testing.assert_array_equal(found.numbers, tall[:4])


def test_fortran_order_is_read_as_it_is_meant(tmp_path: Path) -> None:
    [found] = read_latents(saved(tmp_path, "a.npy", np.asfortranarray(ROWS)), SHAPE)
    np.testing.assert_array_equal(found.numbers, ROWS)


def test_a_plain_json_list_is_z_as_runway_exported_it(tmp_path: Path) -> None:
    path = tmp_path / "vector.json"
    path.write_text(json.dumps(ONE.tolist()))
    [found] = read_latents(path, SHAPE)
    assert found.space == "z"
    assert read_latents(path, SHAPE, "w")[0].space == "w"
    path.write_text(json.dumps(ROWS.tolist()))
    assert [latent.space for latent in read_latents(path, SHAPE)] == ["w+"]
    path.write_text(json.dumps(ROWS[:2].tolist()))
    assert [latent.space for latent in read_latents(path, SHAPE)] == ["z", "z"]


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(",".join(map(str, row)) for row in ROWS[:3]),
        "\ufeffz0;z1;z2;z3;z4;z5;z6;z7\r\n" + "\r\n".join(";".join(map(str, r)) for r in ROWS[:3]),
        ",0,1,2,3,4,5,6,7\n" + "\n".join(f"{i}," + ",".join(map(str, ROWS[i])) for i in range(3)),
        "# by numpy\n" + "\n".join(" ".join(f"{x:.18e}" for x in row) for row in ROWS[:3]),
    ],
    ids=["plain", "spreadsheet", "pandas", "numpy"],
)
def test_a_table_is_a_z_in_every_row(text: str, tmp_path: Path) -> None:
    path = tmp_path / "vectors.csv"
    path.write_text(text, encoding="utf-8")
    found = read_latents(path, SHAPE)
    assert [latent.space for latent in found] == ["z"] * 3
    np.testing.assert_array_equal([latent.numbers for latent in found], ROWS[:3])


@pytest.mark.parametrize(
    "text",
    ["\n".join(map(str, ONE)), ";".join(str(x).replace(".", ",") for x in ONE)],
    ids=["a column", "commas in numbers"],
)
def test_a_table_of_one_vector_is_understood(text: str, tmp_path: Path) -> None:
    (tmp_path / "vector.csv").write_text(text)
    [found] = read_latents(tmp_path / "vector.csv", SHAPE)
    np.testing.assert_allclose(found.numbers, ONE)


def test_json_of_windows_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("\ufeff" + json.dumps(ONE.tolist()), encoding="utf-8")
    np.testing.assert_allclose(read_latents(tmp_path / "a.json", SHAPE)[0].numbers, ONE)


def test_named_json_and_a_picture_carry_all_that_is_known(tmp_path: Path) -> None:
    told = {"model": "rainbow", "seed": 7, "truncation": 0.5, "label": 2, "z": ONE.tolist()}
    (tmp_path / "a.json").write_text(json.dumps(told))
    (tmp_path / "b.png").write_bytes(encode_png(np.zeros((4, 4, 3), np.uint8), told))
    for name in ("a.json", "b.png"):
        [found] = read_latents(tmp_path / name, SHAPE)
        assert (found.space, found.seed, found.truncation, found.label) == ("z", 7, 0.5, 2)
        assert found.model == "rainbow"
        np.testing.assert_array_equal(found.numbers, ONE)


def test_w_counts_where_a_picture_tells_both(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps({"z": ONE.tolist(), "w": ROWS.tolist()}))
    assert read_latents(tmp_path / "a.json", SHAPE)[0].space == "w+"


def test_nvidias_npz_is_read_and_ours_is_read_by_nvidias_tools(tmp_path: Path) -> None:
    np.savez(tmp_path / "projected_w.npz", w=ROWS[None])
    [found] = read_latents(tmp_path / "projected_w.npz", SHAPE)
    assert (found.space, found.source) == ("w+", "projected_w")
    z = Latent(space="z", numbers=ONE, truncation=0.7, seed=4_000_000_000)
    write_latent(tmp_path / "ours.npz", z, ws=ROWS)
    with np.load(tmp_path / "ours.npz", allow_pickle=False) as theirs:
        assert theirs["w"].shape == (1, 4, 8)
        assert theirs["w"].dtype == np.float32
        np.testing.assert_array_equal(theirs["w"][0], ROWS)
    [back] = read_latents(tmp_path / "ours.npz", SHAPE)
    assert (back.space, back.truncation, back.seed) == ("z", 0.7, 4_000_000_000)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data(), suffix=st.sampled_from(WRITTEN), space=st.sampled_from(["z", "w", "w+"]))
def test_what_is_written_is_read_back(
    data: st.DataObject, suffix: str, space: Space, tmp_path: Path
) -> None:
    shape = (4, 8) if space == "w+" else (8,)
    latent = Latent(
        space=space,
        numbers=data.draw(hnp.arrays(np.float32, shape, elements=FLOATS)),
        truncation=data.draw(st.none() | st.floats(-3, 3)),
        seed=data.draw(st.none() | st.integers(0, 2**32 - 1)),
        label=data.draw(st.none() | st.integers(0, 1000)),
        model=data.draw(st.sampled_from(["", "rainbow", "モデル"])),
        source=data.draw(st.sampled_from(["", "seed 3"])),
    )
    path = tmp_path / f"latent{suffix}"
    write_latent(path, latent)
    [back] = read_latents(path, SHAPE, space)
    np.testing.assert_array_equal(back.numbers, latent.numbers)
    assert back.space == space
    if suffix != ".npy":
        assert (back.truncation, back.seed, back.label, back.model) == (
            latent.truncation, latent.seed, latent.label, latent.model
        )  # fmt: skip


def test_a_model_with_z_only_takes_z_only(tmp_path: Path) -> None:
    path = saved(tmp_path, "a.npy", ONE)
    with pytest.raises(InvalidArgument, match="This model has z only"):
        read_latents(path, Z_ONLY)
    assert read_latents(path, Z_ONLY, "z")[0].space == "z"


def npy(shape: str, body: bytes = b"", descr: str = "'<f4'") -> bytes:
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}".encode()
    header += b" " * (-(len(header) + 11) % 64) + b"\n"
    return b"\x93NUMPY\1\0" + len(header).to_bytes(2, "little") + header + body


def zipped(**entries: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(f"{name}.npy", data)
    return file.getvalue()


def objects() -> bytes:
    file = io.BytesIO()
    np.save(file, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    return file.getvalue()


ROW = ONE.tobytes()
HOSTILE = {
    "pickled objects": (objects(), "nothing is unpickled"),
    "pickled objects in a zip": (zipped(w=objects()), "nothing is unpickled"),
    "a huge promise": (npy("(1000000000000, 8)"), "promises"),
    "an overflowing promise": (npy("(4294967296, 4294967296, 8)"), "promises"),
    "a negative size": (npy("(-1, 8)"), "promises"),
    "too short": (npy("(8,)", ROW[:-1]), "promises"),
    "too long": (npy("(8,)", ROW + b"\0"), "promises"),
    "NaN": (npy("(8,)", np.full(8, np.nan, "<f4").tobytes()), "not finite"),
    "infinity": (arrays.npy_bytes(np.full(8, 1e300)), "not finite"),
    "code in the header": (npy("__import__('os').abort()"), "no .npy file"),
    "a long header": (npy("(" + "8," * 9000 + ")"), "no .npy file"),
    "a deep header": (npy("(" * 5000), "no .npy file"),
    "complex numbers": (npy("(8,)", bytes(64), "'<c8'"), "not numbers"),
    "a record": (npy("(1,)", bytes(8), "[('a', '<f4'), ('b', '<f4')]"), "not numbers"),
    "no number": (npy("(0, 8)"), "holds no numbers"),
    "another length": (arrays.npy_bytes(np.zeros(7)), "'w' takes 8 numbers, got 7"),
    "too few layers": (arrays.npy_bytes(np.zeros((1, 3, 8))), "'w+' takes 4x8 numbers, got 3x8"),
    "five axes": (arrays.npy_bytes(np.zeros((2, 2, 2, 4, 8))), "none of a latent"),
    "one number alone": (arrays.npy_bytes(np.float32(3)), "none of a latent"),
    "directions": (zipped(lat_comp=npy("(8,)", ROW)), "directions, not latents"),
    "two arrays": (zipped(a=npy("(8,)", ROW), b=npy("(8,)", ROW)), "has no array 'w'"),
    "an empty zip": (zipped(), "has no array 'w'"),
    "a broken zip": (zipped(w=npy("(8,)", ROW))[:-30], "no .npz file"),
    "a space without numbers": (zipped(space=arrays.npy_bytes("z")), "holds none"),
    "many arrays": (zipped(**{f"a{n}": b"" for n in range(65)}), "65 arrays"),
    "a pickle": (pickle.dumps({"w": 1}), "no file of latents"),
    "no text": (b"\xff\xfe\x00", "no file of latents"),
    "deep JSON": (b"[" * 100_000, "no JSON file"),
    "words": (b'["a", "b"]', "takes numbers only"),
    "true among numbers": (b"[true, false]", "takes numbers only"),
    "uneven rows": (b"[[1, 2], [3]]", "takes numbers only"),
    "no vector": (b'{"truncation": 1}', "neither a 'z' nor a 'w'"),
    "several": (b'{"z": [[1,2,3,4,5,6,7,8],[1,2,3,4,5,6,7,8]]}', "2 latents where one"),
    "NaN in JSON": (b"[NaN,1,2,3,4,5,6,7]", "NaN is not JSON"),
    "a foreign picture": (encode_png(np.zeros((4, 4, 3), np.uint8)), "does not say"),
    "half a picture": (encode_png(np.zeros((4, 4, 3), np.uint8))[:40], "not a readable picture"),
    "nothing": (b"", "holds no numbers"),
    "whole numbers beyond all": (b"[1" + b"0" * 400 + b", 2]", "takes numbers only"),
    "notes": (b"a few words\nand more", "no file of latents"),
    "a table with a word": (b"1,2\n3,x", "no file of latents"),
    "an uneven table": (b"1,2\n3", "rows of equal length"),
    "a table with NaN": (b"nan,nan", "not finite"),
    "more layers than any model has": (arrays.npy_bytes(np.zeros((1, 48, 8))), "got 48x8"),
    "an odd number of layers": (arrays.npy_bytes(np.zeros((1, 5, 8))), "got 5x8"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_wrong_is_said_in_one_sentence(name: str, tmp_path: Path) -> None:
    data, message = HOSTILE[name]
    path = tmp_path / "bad.bin"
    path.write_bytes(data)
    with pytest.raises(InvalidArgument) as caught:
        read_latents(path, SHAPE)
    assert message in str(caught.value)
    assert "bad.bin" in str(caught.value)
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)


def test_a_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrays, "MAX_BYTES", 1 << 16)
    (tmp_path / "bomb.npz").write_bytes(zipped(w=bytes(1 << 20)))
    with pytest.raises(InvalidArgument, match="unpacks to over"):
        read_latents(tmp_path / "bomb.npz", SHAPE)
    (tmp_path / "large.npy").write_bytes(bytes(1 << 17))
    with pytest.raises(InvalidArgument, match="is larger than"):
        read_latents(tmp_path / "large.npy", SHAPE)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="nowhere.npz"):
        read_latents(tmp_path / "nowhere.npz", SHAPE)
    with pytest.raises(InvalidArgument, match=r"\.npz, \.npy, \.json"):
        write_latent(tmp_path / "a.txt", Latent(space="w", numbers=ONE))


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_a_damaged_file_is_read_or_refused(data: st.DataObject, tmp_path: Path) -> None:
    whole = data.draw(
        st.sampled_from([npy("(8,)", ROW), zipped(w=npy("(8,)", ROW)), b"[1,2.5]", b"a,b\n1,2"])
    )
    place = data.draw(st.integers(0, len(whole) - 1))
    piece = data.draw(st.binary(max_size=4))
    path = tmp_path / "damaged"
    path.write_bytes(whole[:place] + piece + whole[place + len(piece) :])
    try:
        found = read_latents(path, SHAPE)
    except TaxiwayError:
        return
    assert all(np.isfinite(latent.numbers).all() for latent in found)
