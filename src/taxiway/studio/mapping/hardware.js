/** What is plugged into this computer, and whether this page listens to it. */

import { h } from "../dom.js";
import { Audio } from "./audio.js";
import { Gamepads } from "./gamepad.js";
import { Midi } from "./midi.js";
import { Signals } from "./signals.js";
import { t } from "../words.js";

const REST_OF_SOUND = "How loud it is, in all and in three bands, and when something begins.";
const REST_OF_GAMEPAD = "A gamepad is heard once one of its buttons is pressed.";

/** @param {import("../connection.js").Connection} connection */
export function hardware(connection) {
  const signals = new Signals(connection);
  return h(
    "section",
    { class: "block" },
    h("h3", {}, "Hardware of this computer"),
    midiLine(signals, connection),
    soundLine(signals, connection),
    gamepadLine(signals),
  );
}

/** @param {Signals} signals @param {import("../connection.js").Connection} connection */
function midiLine(signals, connection) {
  const words = h("p", { class: "hint", id: "midi-words" }, "Knobs, faders and keys by MIDI.");
  const midi = new Midi(signals.hear, () => {
    words.textContent = midi.words;
    button.hidden = midi.isOn;
    feedback.hidden = !midi.isOn;
  });
  const shows = h("input", { type: "checkbox", role: "switch", class: "switch", id: "midi-feedback" });
  const ask = () => connection.sendMessage({ type: "feedback", on: shows.checked });
  shows.addEventListener("change", ask);
  connection.addEventListener("renewed", () => shows.checked && ask());
  connection.onMessage((message) => message.type === "shown" && midi.show(message.signals));
  const title = "Motor faders follow, and rings and lights show, what is moved elsewhere";
  const feedback = h("label", { class: "switch-line", title, hidden: true }, shows, "Move faders and lights, too");
  const button = h("button", { type: "button", id: "midi", onclick: () => midi.open() }, "Listen to MIDI");
  return h("div", { class: "hardware" }, button, words, feedback);
}

/** @param {Signals} signals @param {import("../connection.js").Connection} connection */
function soundLine(signals, connection) {
  const words = h("p", { class: "hint", id: "sound-words" }, REST_OF_SOUND);
  const audio = new Audio(signals.hear, () => {
    words.textContent = audio.words || t(REST_OF_SOUND);
    stop.hidden = !audio.isOn;
  });
  connection.onMessage((message) => message.type === "stopped" && audio.isOn && audio.end());
  const button = (/** @type {string} */ id, /** @type {string} */ label, /** @type {() => void} */ act) =>
    h("button", { type: "button", id, onclick: act }, label);
  const file = h("input", { type: "file", accept: "audio/*", hidden: true, id: "sound-file" });
  file.addEventListener("change", () => file.files?.[0] && audio.play(file.files[0]));
  const stop = button("sound-stop", "Stop", () => audio.end());
  stop.hidden = true;
  const row = h(
    "div",
    { class: "row" },
    button("microphone", "Listen to the microphone", () => audio.listen()),
    button("play-sound", "Play a file", () => file.click()),
    stop,
  );
  return h("div", { class: "hardware" }, row, file, words);
}

/** @param {Signals} signals */
function gamepadLine(signals) {
  const words = h("p", { class: "hint", id: "gamepad-words" }, REST_OF_GAMEPAD);
  new Gamepads(signals.hear, (pads) => {
    words.textContent = pads || t(REST_OF_GAMEPAD);
  });
  return words;
}
