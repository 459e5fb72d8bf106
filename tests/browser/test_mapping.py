"""The Mapping panel: touch a control, move a knob, done; with a stand-in for Web MIDI."""

import json
import re
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect
from pythonosc.udp_client import SimpleUDPClient

from browser.conftest import Server
from browser.watching import wait_for_store

STAND_IN = """
() => {
  const input = { id: "1", name: "Knobs 8", state: "connected", onmidimessage: null };
  const access = { inputs: new Map(), outputs: new Map(), onstatechange: null };
  globalThis.midiTold = [];
  access.outputs.set("1", { send: (message) => midiTold.push(message.join()) });
  navigator.requestMIDIAccess = async () => {
    if (globalThis.refusesMidi) throw new DOMException("No.", "NotAllowedError");
    return access;
  };
  globalThis.plugIn = () => { access.inputs.set("1", input); access.onstatechange(); };
  globalThis.midi = (...data) =>
    input.onmidimessage({ data: Uint8Array.from(data), timeStamp: performance.now() });
}
"""


EDIT_AT_ONCE = """
() => {
  const of = "of midi:1:cc:7 to /truncation";
  const field = (label) => document.querySelector(`[aria-label="${label} ${of}"]`);
  for (const [label, value] of [["Gives from", 0.125], ["Gives to", 0.25]]) {
    field(label).value = value;
    field(label).dispatchEvent(new Event("change"));
  }
  field("Pick up").click();
}
"""
"""Three edits of one binding before any of them is answered."""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    running = Server(config={"osc_port": 0, "osc_target": None})
    yield running
    running.stop()


@pytest.fixture
def mapping(page: Page) -> Page:
    page.evaluate(STAND_IN)
    page.click("#tab-mapping")
    expect(page.locator(".address-list li").first).to_be_visible()
    return page


def turn(page: Page, *message: int) -> None:
    page.evaluate("(message) => midi(...message)", list(message))


def bind(page: Page, *bindings: dict[str, Any]) -> None:
    page.evaluate(
        """async (bindings) => (await import("/studio/control.js")).ask(
          studio.connection.token, "POST", "/mapping", { bindings })""",
        list(bindings),
    )


def known(page: Page) -> dict[str, Any]:
    """How the server has it."""
    state: dict[str, Any] = page.evaluate(
        """async () => (await import("/studio/control.js")).ask(
          studio.connection.token, "GET", "/mapping")"""
    )
    return state


def test_what_midi_lacks_is_said(mapping: Page) -> None:
    page, words = mapping, mapping.locator("#midi-words")
    page.evaluate("() => { globalThis.refusesMidi = true; }")
    page.click("#midi")
    expect(words).to_contain_text("MIDI is blocked")
    page.evaluate("() => { globalThis.refusesMidi = false; }")
    page.click("#midi")
    expect(words).to_contain_text("No MIDI device is plugged in")
    page.evaluate("() => plugIn()")
    expect(words).to_have_text("Knobs 8")


def test_touch_a_control_move_a_knob_done(mapping: Page) -> None:
    page, words = mapping, mapping.locator("#learn-words")
    page.click("#midi")
    page.evaluate("() => plugIn()")

    # One knob for a slider.
    page.click("#learn")
    expect(words).to_contain_text("Touch a control")
    page.click("#tab-controls")
    banner = page.locator(".learning-banner")
    expect(banner).to_contain_text("Touch a control")
    page.fill("#input-truncation", "0.5")
    expect(banner).to_contain_text("/truncation: move a knob")
    page.click("#tab-mapping")
    expect(banner).to_be_hidden()
    turn(page, 0xB0, 7, 100)
    expect(words).to_have_text("/truncation follows midi:1:cc:7.")
    binding = page.locator(".binding")
    expect(binding).to_have_count(1)
    expect(binding.locator(".turn")).to_have_text("turn down to pick it up")
    turn(page, 0xB0, 7, 60)
    wait_for_store(page, "Math.abs(store.get('values').truncation - 60 / 127) < 0.002")
    expect(binding.locator(".turn")).to_have_text("")
    expect(page.locator('[data-address^="/truncation"] .mover')).to_have_text("mapping midi:1:cc:7")
    expect(binding.locator(".signal-lamp")).to_have_attribute("title", re.compile("from page"))
    page.click("#tab-controls")
    turn(page, 0xB0, 7, 62)
    label = page.locator("label[for=input-truncation]")
    expect(label).to_have_attribute("data-mover", "midi:1:cc:7")
    expect(label).not_to_have_attribute("data-mover", "midi:1:cc:7")
    page.click("#tab-mapping")

    # Its range, edited, in the file.
    binding.locator("summary").click()
    page.evaluate(EDIT_AT_ONCE)
    expect(page.locator("#mapping-file")).to_contain_text(re.compile(r"lantern-\w+\.jsonl"))
    while "pickup" in (kept := known(page)["bindings"][0]) or kept.get("gives") != [0.125, 0.25]:
        page.wait_for_timeout(20)
    turn(page, 0xB0, 7, 127)
    wait_for_store(page, "Math.abs(store.get('values').truncation - 0.25) < 0.002")
    page.get_by_label("Remove midi:1:cc:7 from /truncation").click()
    expect(page.locator(".binding")).to_have_count(0)


def test_motors_follow_others_and_an_encoder_is_picked(mapping: Page) -> None:
    page = mapping
    page.click("#midi")
    page.evaluate("() => plugIn()")
    bind(page, {"from": "midi:1:cc:7", "to": "/truncation", "gives": [0, 0.25]})
    page.locator(".binding summary").click()
    page.click("#midi-feedback")
    page.evaluate("() => studio.session.setValue('truncation', 0)")
    page.wait_for_function("() => midiTold.at(-1) === '176,7,0'")
    turn(page, 0xB0, 7, 64)
    page.get_by_label("Says of midi:1:cc:7 to /truncation").select_option("twos")
    while known(page)["bindings"][0].get("relative") != "twos":
        page.wait_for_timeout(20)
    assert page.evaluate("() => midiTold.includes('176,7,64')") is False
    turn(page, 0xB0, 7, 32)
    wait_for_store(page, "Math.abs(store.get('values').truncation - 0.25 * 96 / 127) < 0.003")
    page.get_by_label("Remove midi:1:cc:7 from /truncation").click()
    expect(page.locator(".binding")).to_have_count(0)


def test_a_bank_and_a_key(mapping: Page) -> None:
    page = mapping
    page.click("#midi")
    page.evaluate("() => plugIn()")
    page.select_option("#learn-count", "8")
    page.click("#learn")
    canvas = page.locator("#panel-mixer canvas")
    canvas.focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowUp")
    expect(page.locator("#learn-words")).to_contain_text("/z/0: move a knob")
    for knob in range(8):
        turn(page, 0xB1, 20 + knob, 64)
        turn(page, 0xB1, 20 + knob, 65)
    expect(page.locator(".binding")).to_have_count(8)
    for value in (0, 127, 100):
        for knob in range(8):
            turn(page, 0xB1, 20 + knob, value)
        while known(page)["heard"]["midi:2:cc:27"]["value"] != value / 127:
            page.wait_for_timeout(10)
    near = "(number) => Math.abs(number - (100 / 127 * 6 - 3)) < 0.01"
    wait_for_store(page, f"store.get('vector').slice(0, 8).every({near})")

    page.select_option("#learn-count", "1")
    page.get_by_label("Learn /blackout").click()
    expect(page.locator("#learn-words")).to_contain_text("/blackout: move a knob")
    turn(page, 0x99, 36, 100)
    expect(page.locator("#learn-words")).to_have_text("/blackout follows midi:10:note:36.")
    wait_for_store(page, "store.get('blackout')")
    turn(page, 0x89, 36, 0)
    turn(page, 0x99, 36, 100)
    wait_for_store(page, "!store.get('blackout')")

    bind(page)
    expect(page.locator(".binding")).to_have_count(0)


def test_a_pad_learns_the_preset_that_is_pressed(mapping: Page) -> None:
    page, words = mapping, mapping.locator("#learn-words")
    page.click("#midi")
    page.evaluate("() => plugIn()")
    page.click("#tab-presets")
    page.keyboard.press("Shift+Digit3")
    tile = page.get_by_role("button", name="Preset 3", exact=True)
    expect(tile).to_be_visible()
    page.click("#tab-mapping")
    page.click("#learn")
    page.click("#tab-presets")
    tile.click()
    expect(page.locator(".learning-banner")).to_contain_text("/preset/3: move a knob")
    page.click("#tab-mapping")
    turn(page, 0x99, 40, 100)
    expect(words).to_have_text("/preset/3 follows midi:10:note:40.")
    page.click("#tab-presets")
    page.get_by_role("button", name="Clear").click()
    tile.click()
    expect(page.get_by_role("button", name="Preset 3 is empty")).to_be_visible()
    page.click("#tab-mapping")
    bind(page)
    expect(page.locator(".binding")).to_have_count(0)


def test_a_message_of_osc_and_the_list_of_addresses(mapping: Page) -> None:
    page = mapping
    page.get_by_label("Learn /size").click()
    expect(page.locator("#learn-words")).to_contain_text("/size: move a knob")
    client = SimpleUDPClient("127.0.0.1", page.request.get("/osc").json()["port"])
    client.send_message("/1/fader1", 1.0)
    expect(page.locator("#learn-words")).to_have_text("/size follows osc:/1/fader1.")
    wait_for_store(page, "store.get('values').size === 512")
    client.send_message("/other", 0.5)
    expect(page.locator(".incoming")).to_contain_text("osc:/other")
    expect(page.locator(".incoming")).to_contain_text("0.500")
    expect(page.locator(".incoming")).to_contain_text("/other is no address here")
    # What is float32 on its way is no row of digits beside its slider.
    client.send_message("/truncation", 0.3)
    expect(page.get_by_label("truncation, typed")).to_have_value("0.3")
    client._sock.close()
    page.fill("#address-search", "size")
    expect(page.locator(".address-list li:visible")).to_have_count(1)
    expect(page.locator(".address-list li:visible code")).to_have_text("/size")


def test_midis_bytes_as_signals(page: Page) -> None:
    """Fine controls, programs, bends and the clock; and no bytes that make it fail."""
    read = page.evaluate(
        """async () => {
          const { MidiReader } = await import("/studio/mapping/midi_reader.js");
          const reader = new MidiReader();
          const out = [];
          const put = (...data) => out.push(...reader.read(Uint8Array.from(data), 0));
          for (let k = 0; k < 4; k++) { put(0xb0, 1, 127); put(0xb0, 33, 127); }
          put(0xb0, 1, 64); put(0xb0, 33, 0);
          put(0xb0, 40, 127); put(0xb0, 123, 0);
          put(0xc2, 5); put(0xe0, 0, 64); put(0x9f, 60, 0); put(0xd0, 127); put(0xf0, 1); put();
          const tempo = new MidiReader();
          const clock = [];
          tempo.read([0xfa], 0);
          for (let k = 0; k < 49; k++) clock.push(...tempo.read([0xf8], 1000 + k * 500 / 24));
          const { messagesOf } = await import("/studio/mapping/midi_writer.js");
          const nrpn = [];
          for (let k = 0; k < 5; k++) {
            const messages = messagesOf("midi:2:nrpn:1234", 8192 / 16383);
            for (const message of messages) nrpn.push(...tempo.read(message, 0));
          }
          out.push(nrpn[0], nrpn.at(-1));
          for (const by of [96, 97]) out.push(...tempo.read([0xb1, by, 0], 0));
          for (const name of ["midi:1:cc:7", "midi:3:program", "midi:1:bend", "midi:10:note:36"]) {
            out.push(...tempo.read(messagesOf(name, 1)[0], 0));
          }
          out.push(messagesOf("midi:1:cc:123", 1).length + messagesOf("osc:/x", 1).length);
          for (let k = 0; k < 2000; k++) {
            reader.read(Uint8Array.from({ length: k % 4 }, () => Math.random() * 256), k);
          }
          return { out, clock };
        }"""
    )
    one, fine = ["midi:1:cc:1", 1], ["midi:1:cc:33", 1]
    assert read["out"] == [
        *[one, fine, one, fine, one, one, one],
        ["midi:1:cc:1", 64 * 128 / 16383],
        ["midi:1:cc:40", 1],
        ["midi:3:program", 5],
        ["midi:1:bend", 8192 / 16383],
        ["midi:16:note:60", 0],
        ["midi:1:pressure", 1],
        ["midi:2:nrpn:1234", 64 / 127],
        ["midi:2:nrpn:1234", 8192 / 16383],
        *[["midi:2:nrpn:1234:step", 1 / 127], ["midi:2:nrpn:1234:step", 1]],
        *[["midi:1:cc:7", 1], ["midi:3:program", 1], ["midi:1:bend", 1], ["midi:10:note:36", 1]],
        0,
    ], json.dumps(read["out"])
    press = [["midi:beat", 1], ["midi:beat", 0]]
    assert [name for name, _ in read["clock"]].count("midi:beat") == 6
    assert read["clock"][:2] == press
    assert [round(bpm, 3) for name, bpm in read["clock"] if name == "midi:tempo"] == [120, 120]


def test_sound_and_gamepads_are_signals_too(mapping: Page, tmp_path: Path) -> None:
    page = mapping
    page.click("#microphone")
    expect(page.locator("#sound-words")).to_have_text("The microphone is heard.")
    # Chromium's own microphone for tests beeps every second.
    page.get_by_label("Learn /random").click()
    expect(page.locator("#learn-words")).to_contain_text("/random: move a knob")
    expect(page.locator(".incoming code").first).to_have_text("audio:high")
    page.get_by_label("Choose audio:onset").click()
    expect(page.locator("#learn-words")).to_have_text("/random follows audio:onset.")
    heard = known(page)["heard"]
    while not {"audio:level", "audio:low", "audio:mid", "audio:high", "audio:onset"} <= set(heard):
        page.wait_for_timeout(50)
        heard = known(page)["heard"]
    assert all(0 <= each["value"] <= 1 for name, each in heard.items() if "audio" in name)
    page.click("#sound-stop")
    expect(page.locator("#sound-words")).to_contain_text("How loud it is")

    sound, no_sound = tmp_path / "tone.wav", tmp_path / "no.wav"
    no_sound.write_bytes(b"RIFF")
    with wave.open(str(sound), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(np.int16(8000 * np.sin(np.arange(8000) / 3)).tobytes())
    page.set_input_files("#sound-file", no_sound)
    expect(page.locator("#sound-words")).to_contain_text("This file holds no sound")
    page.set_input_files("#sound-file", sound)
    expect(page.locator("#sound-words")).to_have_text("tone.wav is played and heard.")
    page.keyboard.press("Escape")
    expect(page.locator("#sound-words")).to_contain_text("How loud it is")

    page.evaluate(
        """() => {
          globalThis.pad = { id: "Pad", index: 0, connected: true, axes: [0.04, -1],
            buttons: [{ value: 1 }] };
          navigator.getGamepads = () => [null, pad];
          dispatchEvent(new Event("gamepadconnected"));
        }"""
    )
    expect(page.locator("#gamepad-words")).to_have_text("Pad")
    while "gamepad:1:button:0" not in known(page)["heard"]:
        page.wait_for_timeout(20)
    heard = known(page)["heard"]
    assert heard["gamepad:1:axis:1"]["value"] == -1
    assert "gamepad:1:axis:0" not in heard
    page.evaluate("() => { pad.connected = false; dispatchEvent(new Event('gamepadconnected')); }")


def test_how_loud_sound_is_in_each_band_and_when_it_begins(page: Page) -> None:
    seen = page.evaluate(
        """async () => {
          const { Loudness } = await import("/studio/mapping/loudness.js");
          const rate = 48000, hop = 768;
          const tone = (hz, size) => Float32Array.from({ length: hop }, (_, k) =>
            size * Math.sin((2 * Math.PI * hz * k) / rate));
          const bands = [62.5, 625, 8000].map((hz) => {
            const meter = new Loudness(rate);
            for (const each of [62.5, 625, 8000]) meter.next(tone(each, 0.5));
            const { low, mid, high } = meter.next(tone(hz, 0.5));
            return [low, mid, high].map((value) => value > 0.7);
          });
          const meter = new Loudness(rate);
          const beats = [];
          for (let k = 0; k < 240; k++) {
            const loud = meter.next(tone(625, k % 60 < 6 ? 0.5 : 0.005));
            if (loud.onset) beats.push(k);
          }
          const quiet = meter.next(new Float32Array(hop));
          return { bands, beats, quiet, none: new Loudness(rate).next(new Float32Array(0)) };
        }"""
    )
    assert seen["bands"] == [[True, False, False], [False, True, False], [False, False, True]]
    assert seen["beats"] == [60, 120, 180]
    assert seen["quiet"]["level"] == 0
    assert seen["none"] == {"level": 0, "low": 0, "mid": 0, "high": 0, "onset": 0}
