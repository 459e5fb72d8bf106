"""The studio's modules by themselves, in the browser that runs them."""

import io
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page

from browser.conftest import Server
from paths import TESTS
from taxiway.core.images import encode_png, read_metadata

WIRE = json.loads((TESTS / "servers" / "studio" / "golden_messages.json").read_text())
NOISE = json.loads((TESTS / "fixtures" / "p5_noise.json").read_text())
SENT = [message for message in WIRE["client"] if message["fields"].get("space", 0) == 0]

HEX = """
  const bytesOf = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  const hexOf = (buffer) =>
    Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
"""


@pytest.fixture(scope="module")
def modules(browser: Browser, server: Server) -> Iterator[Page]:
    """One page for all tests here: they share nothing but the code they import."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(server.url)
    yield page
    context.close()


def ask(page: Page, module: str, body: str, argument: Any = None) -> Any:
    """Run `body`, which knows the module as `m`, the argument as `given`, `bytesOf` and `hexOf`."""
    script = f'async (given) => {{ const m = await import("/studio/{module}"); {HEX} {body} }}'
    return page.evaluate(script, argument)


@pytest.mark.parametrize("message", SENT, ids=lambda message: message["name"])
def test_what_the_page_sends_is_as_the_wire_says(modules: Page, message: dict[str, Any]) -> None:
    encoded = ask(
        modules,
        "frames.js",
        """
        const { kind, seq, time, values } = given;
        if (kind === 1) return hexOf(m.encodeVector(seq, time, Float32Array.from(values)));
        if (kind === 3) return hexOf(m.encodeAcknowledge(seq, time));
        const { field_seed, level, i, j, similarity, request } = given;
        const tile = { id: request, seed: field_seed, level, i, j, similarity };
        return hexOf(m.encodeTile(time, tile));
        """,
        message["fields"],
    )
    assert encoded == message["hex"]


@pytest.mark.parametrize("message", WIRE["server"], ids=lambda message: message["name"])
def test_what_the_server_sends_is_read(modules: Page, message: dict[str, Any]) -> None:
    read = ask(
        modules,
        "frames.js",
        """
        const frame = m.decodeFrame(bytesOf(given).buffer);
        return { ...frame, payload: hexOf(frame.payload) };
        """,
        message["hex"],
    )
    fields = message["fields"]
    assert message["hex"].endswith(read["payload"])
    assert len(read["payload"]) == 2 * fields["bytes"]
    assert read["kind"] == {1: "frame", 2: "tile", 3: "vector"}[fields["kind"]]
    assert read["mime"] == {0: None, 1: "image/jpeg", 2: "image/png"}[fields["codec"]]
    names = {"number": "number", "input_seq": "inputSeq", "time": "time", "width": "width"}
    names |= {"height": "height", "merged": "merged", "flags": "flags", "render_ms": "renderMs"}
    for name, ours in names.items():
        assert read[ours] == fields[name], name


@pytest.mark.parametrize(
    "change",
    [
        pytest.param("bytes[0] = 0x53", id="magic"),
        pytest.param("bytes[1] = 2", id="version"),
        pytest.param("bytes[2] = 9", id="kind"),
        pytest.param("bytes = bytes.slice(0, 39)", id="cut head"),
        pytest.param("bytes = bytes.slice(0, bytes.length - 1)", id="cut payload"),
        pytest.param("bytes[36]++", id="length"),
    ],
)
def test_a_message_that_is_none_is_ignored(modules: Page, change: str) -> None:
    script = f"let bytes = bytesOf(given); {change}; return m.decodeFrame(bytes.buffer);"
    assert ask(modules, "frames.js", script, WIRE["server"][0]["hex"]) is None


@pytest.mark.parametrize("curve", NOISE["curves"], ids=lambda curve: f"seed {curve['seed']}")
def test_noise_is_that_of_p5(modules: Page, curve: dict[str, Any]) -> None:
    x = [point for point, _ in curve["values"]]
    ours = ask(
        modules,
        "noise.js",
        "const table = m.noiseTable(given.seed); return given.x.map((x) => m.noise(table, x));",
        {"seed": curve["seed"], "x": x},
    )
    assert ours == pytest.approx([value for _, value in curve["values"]], abs=1e-15)


def test_text_put_into_a_png_is_read_by_us_and_by_the_command_line(modules: Page) -> None:
    picture = encode_png(np.zeros((4, 4, 3), np.uint8))
    told = {"model": "painter", "z": [0.5] * 512, "truncation": 0.7}
    written = bytes.fromhex(
        ask(
            modules,
            "png.js",
            "return hexOf(m.writeText(bytesOf(given.png), given.text));",
            {"png": picture.hex(), "text": json.dumps(told)},
        )
    )
    assert read_metadata(written) == told
    assert Image.open(io.BytesIO(written)).size == (4, 4)
    text = ask(modules, "png.js", "return m.readText(bytesOf(given));", written.hex())
    assert json.loads(text) == told


def test_text_that_the_command_line_put_into_a_png_is_read(modules: Page) -> None:
    picture = encode_png(np.zeros((4, 4, 3), np.uint8), {"seed": 3})
    assert json.loads(
        ask(modules, "png.js", "return m.readText(bytesOf(given));", picture.hex())
    ) == {"seed": 3}


@pytest.mark.parametrize("cut", [0, 7, 20, 45, 60])
def test_a_png_cut_short_or_without_text_has_none(modules: Page, cut: int) -> None:
    picture = encode_png(np.zeros((4, 4, 3), np.uint8))[: cut or None]
    assert ask(modules, "png.js", "return m.readText(bytesOf(given));", picture.hex()) is None


def test_keys_of_one_name_in_quick_succession_are_one_step(modules: Page) -> None:
    states = ask(
        modules,
        "history.js",
        """
        let state = 0, time = 0;
        const history = new m.History(() => state, () => time);
        const change = (name, at) => { time = at; history.step(["x"], name); state++; };
        change("fader 1", 0); change("fader 1", 400); change("fader 1", 800);
        change("fader 1", 1400); change("", 1401); change("", 1402);
        const back = [];
        for (let step; (step = history.undo()); ) back.push(state = step.state);
        const forth = [];
        for (let step; (step = history.redo()); ) forth.push(state = step.state);
        return [back, forth];
        """,
    )
    assert states == [[5, 4, 3, 0], [3, 4, 5, 6]]


def test_code_gives_every_input_that_must_be_given(modules: Page) -> None:
    needed = [
        {"name": "prompt", "type": "text"},
        {"name": "steps", "type": "number", "min": 4},
        {"name": "where", "type": "image_point"},
        {"name": "more", "type": "text", "optional": True},
    ]
    declaration = {"live": False, "inputs": needed, "outputs": [{"name": "out", "type": "text"}]}
    subject = {"address": "http://a", "declaration": declaration, "values": {}, "vector": None}
    codes = ask(modules, "snippets.js", "return m.snippets(given).map((one) => one.code);", subject)
    assert len(codes) > 3
    for code in codes:
        assert all(text in code for text in ("prompt here", "steps", "4", "0.5"))
        assert "more" not in code


def test_on_the_map_what_lies_between_pictures_is_a_ring_and_no_frame(modules: Page) -> None:
    drawn = ask(
        modules,
        "map/draw.js",
        """
        const { View } = await import("/studio/map/view.js");
        const view = Object.assign(new View(), { width: 300, height: 300 });
        return [0, view.spacing() / 2].map((x) => {
          const calls = [];
          const context = new Proxy({}, {
            get: (_, name) => () => calls.push(name), set: () => true,
          });
          const tiles = { picture: () => null };
          m.drawMap(context, view, tiles, { x, y: 0 }, {});
          return ["rect", "arc"].filter((name) => calls.includes(name));
        });
        """,
    )
    assert drawn == [["rect"], ["arc"]]


def test_cells_of_different_levels_share_their_picture(modules: Page) -> None:
    same = ask(
        modules,
        "map/view.js",
        """
        return [
          m.coarsest({ level: 3, i: 8, j: -16 }), m.coarsest({ level: 0, i: 1, j: 2 }),
          m.coarsest({ level: 5, i: 0, j: 0 }),
        ];
        """,
    )
    assert same == [
        {"level": 0, "i": 1, "j": -2},
        {"level": 0, "i": 1, "j": 2},
        {"level": -8, "i": 0, "j": 0},
    ]


def test_the_cells_nearest_to_the_middle_come_first_and_fill_the_view(modules: Page) -> None:
    cells = ask(
        modules,
        "map/view.js",
        """
        const view = new m.View();
        Object.assign(view, { width: 500, height: 300, x: 10 * view.spacing(), y: 0 });
        return view.visibleCells();
        """,
    )
    assert cells[0] == {"level": 0, "i": 10, "j": 0}
    assert {cell["i"] for cell in cells} == set(range(8, 13))
    assert {cell["j"] for cell in cells} == set(range(-1, 2))
    away = [(cell["i"] - 10) ** 2 + cell["j"] ** 2 for cell in cells]
    assert away == sorted(away)


PAINT = """
  const painting = new m.Painting(8, 6, [0, 0, 0]);
  const canvas = new OffscreenCanvas(8, 6).getContext("2d");
  const rows = () => {
    painting.show(canvas);
    const { data } = canvas.getImageData(0, 0, 8, 6);
    const letter = ([red, green]) => (red ? (green ? "b" : "a") : ".");
    const pixel = (x, y) => letter(data.subarray(4 * (8 * y + x)));
    return [...Array(6).keys()].map((y) => [...Array(8).keys()].map((x) => pixel(x, y)).join(""));
  };
"""


def test_a_brush_paints_whole_pixels_also_beyond_the_edge(modules: Page) -> None:
    body = "painting.stroke({ x: 0, y: 2 }, { x: 4, y: 2 }, 1.5, [255, 0, 0]); return rows();"
    assert ask(modules, "segmentation/painting.js", PAINT + body) == [
        "........",
        "aaaaaa..",
        "aaaaaa..",
        "aaaaaa..",
        "........",
        "........",
    ]


def test_filling_stops_at_other_labels_and_does_not_wrap_around(modules: Page) -> None:
    body = """
      painting.stroke({ x: 3, y: -1 }, { x: 3, y: 7 }, 0.6, [255, 0, 0]);
      painting.fill({ x: 7, y: 5 }, [255, 255, 0]);
      return rows();
    """
    assert ask(modules, "segmentation/painting.js", PAINT + body) == ["...abbbb"] * 6


def test_a_picture_with_blended_colours_is_taken_over_in_those_of_labels(modules: Page) -> None:
    body = """
      const colours = [[0, 0, 0], [255, 0, 0], [255, 255, 0]];
      const blended = new ImageData(8, 6);
      blended.data.fill(255);
      const pair = [[250, 9, 14], [244, 251, 7]];
      for (let at = 0; at < 192; at += 4) blended.data.set(pair[Number(at % 32 >= 16)], at);
      painting.load(blended, colours);
      const found = rows();
      for (let at = 0; at < 192; at += 4) blended.data.set([118, 118, 118], at); // an id
      painting.load(blended, colours);
      painting.show(canvas);
      return [found, canvas.getImageData(0, 0, 1, 1).data[0]];
    """
    found, grey = ask(modules, "segmentation/painting.js", PAINT + body)
    assert (found, grey) == (["aaaabbbb"] * 6, 118)


def test_chains_are_offered_where_a_value_fits(modules: Page) -> None:
    body = """
      const place = (name, inputs, outputs) => ({ name, info: { inputs, outputs } });
      const photo = { name: "photo", type: "image" };
      const vector = (name, length) => ({ name, type: "vector", length });
      const running = [
        place("a", [], [{ name: "picture", type: "image" }, vector("z", 4)]),
        place("b", [photo, vector("z", 5), { name: "o", type: "any" }], []),
        { name: "c", info: null },
      ];
      const known = { source: "a", output: "z", target: "b", input: "o" };
      return m.possibleChains({ running, chains: [known] }, "b").map((c) => [c.output, c.input]);
    """
    offered = ask(modules, "models/chains.js", body)
    assert offered == [["picture", "photo"], ["picture", "o"]]


def test_what_others_moved_while_a_page_was_away_is_theirs(modules: Page) -> None:
    """Met again after a reload, or after a while without a server, where it edited on."""
    found = ask(
        modules,
        "session.js",
        """
        const { Store } = await import("/studio/store.js");
        const { encodeVector } = await import("/studio/frames.js");
        const inputs = [{ name: "z", type: "vector", length: 3 }, { name: "a", type: "number" }];
        const made = (kept) => {
          const sent = [];
          const connection = {
            isOpen: true, addEventListener() {}, sendMessage: (said) => sent.push(said),
            sendBinary: () => sent.push("vector"),
            onMessage: (hear) => (connection.hear = hear),
            onFrame: (take) => (connection.take = take),
          };
          const store = new Store();
          const session = new m.Session(store, connection);
          if (kept) session.resume(kept);
          const meet = (values, theirs, numbers) => {
            const info = { name: "generate", inputs, outputs: [] };
            const what = { model: { name: "light" }, info, live: true, origin: null };
            connection.hear({ type: "hello", ...what, values, theirs });
            connection.take({
              kind: "vector", flags: 0, inputSeq: 0, width: 3,
              payload: Float32Array.from(numbers).buffer,
            });
          };
          const now = () => [Array.from(store.get("vector")), store.get("values")];
          return { store, session, connection, sent, meet, now };
        };
        const settled = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
        const out = [];
        // Loaded anew: z[1] and `a` are others' by now, z[0] and `b` this tab's.
        const first = made();
        first.meet({}, [], [0, 0, 0]);
        first.session.setValues([["a", 1], ["b", 1]]);
        first.session.edit((z) => z.fill(5));
        await settled();
        const kept = () => ({
          model: "light",
          now: {
            vector: first.store.get("vector").slice(), values: first.store.get("values"),
            origin: null,
          },
          steps: first.session.history.newest(9).map(({ state, touched }) => ({
            state: { ...state, values: { ...state.values }, vector: state.vector.slice() }, touched,
          })),
        });
        const second = made(kept());
        second.meet({ a: 9, b: 1 }, ["a", "z"], [5, 7, 5]);
        out.push(second.now());
        second.session.undo();
        second.session.undo();
        out.push(second.now());
        // What moved on for this tab, as a fade of its, is all its own.
        const third = made(kept());
        third.meet({ a: 2, b: 1 }, [], [6, 6, 6]);
        third.session.undo();
        out.push(third.now());
        // Without a server: only what was edited goes there, and the rest is what others made it.
        await settled();
        third.connection.isOpen = false;
        third.session.setValue("b", 3);
        await settled();
        third.connection.isOpen = true;
        third.sent.length = 0;
        third.meet({ a: 4, b: 1 }, ["a", "z"], [8, 8, 8]);
        out.push(third.now(), third.sent.map(({ type, values }) => [type, values]));
        third.session.undo();
        out.push(third.now());
        return out;
        """,
    )
    assert found == [
        [[5, 7, 5], {"a": 9, "b": 1}],
        [[0, 7, 0], {"a": 9}],
        [[0, 0, 0], {"a": 2, "b": 1}],
        [[8, 8, 8], {"a": 4, "b": 3}],
        [["set", {"b": 3}]],
        [[8, 8, 8], {"a": 4, "b": 1}],
    ]
