/** What is plugged into this computer, and whether this page listens to it. */

import { h } from "../dom.js";
import { Midi } from "./midi.js";
import { Signals } from "./signals.js";

/** @param {import("../connection.js").Connection} connection */
export function hardware(connection) {
  const signals = new Signals(connection);
  return h("section", { class: "block" }, h("h3", {}, "Hardware of this computer"), midiLine(signals));
}

/** @param {Signals} signals */
function midiLine(signals) {
  const words = h("p", { class: "hint", id: "midi-words" }, "Knobs, faders and keys by MIDI.");
  const midi = new Midi(signals.hear, () => {
    words.textContent = midi.words;
    button.hidden = midi.isOn;
  });
  const button = h("button", { type: "button", id: "midi", onclick: () => midi.open() }, "Listen to MIDI");
  return h("div", { class: "hardware" }, button, words);
}
