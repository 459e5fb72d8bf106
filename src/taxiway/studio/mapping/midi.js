/** Web MIDI: every device that is plugged in, heard, and told how the controls stand. */

import { MidiReader } from "./midi_reader.js";
import { messagesOf } from "./midi_writer.js";
import { t } from "../words.js";

/** @typedef {import("./midi_reader.js").Signal} Signal */

const NONE = "This browser has no Web MIDI; Chrome, Edge and Firefox have.";
const INSECURE = "Browsers give MIDI only to pages at localhost or by https.";
const BLOCKED = "MIDI is blocked: allow it at the sign left of the page's address, then try again.";
const NO_DEVICE = "No MIDI device is plugged in. One is heard as soon as it is.";

export class Midi {
  /** What people read: devices, or what is missing. */
  words = "";
  isOn = false;
  #readers = /** @type {Map<string, MidiReader>} */ (new Map());
  #access = /** @type {MIDIAccess | null} */ (null);
  #hear;
  #changed;

  /** @param {(signals: Signal[]) => void} hear @param {() => void} changed called when `words` are others */
  constructor(hear, changed) {
    this.#hear = hear;
    this.#changed = changed;
  }

  /** Ask the browser, and so perhaps the person, and listen. */
  async open() {
    try {
      if (!("requestMIDIAccess" in navigator)) throw new Error(isSecureContext ? NONE : INSECURE);
      const access = await navigator.requestMIDIAccess();
      this.isOn = true;
      this.#access = access;
      access.onstatechange = () => this.#listen(access);
      this.#listen(access);
    } catch (problem) {
      const { name, message } = /** @type {Error} */ (problem);
      this.#say(name === "NotAllowedError" || name === "SecurityError" ? BLOCKED : message);
    }
  }

  /** Let motors and lights show some signals. @param {Signal[]} signals */
  show(signals) {
    const outputs = [...(this.#access?.outputs.values() ?? [])];
    const messages = signals.flatMap(([name, value]) => messagesOf(name, value));
    for (const output of outputs) for (const message of messages) output.send(message);
  }

  /** @param {MIDIAccess} access */
  #listen(access) {
    const inputs = [...access.inputs.values()].filter(({ state }) => state !== "disconnected");
    for (const input of inputs) {
      input.onmidimessage = ({ data, timeStamp }) => {
        const reader = this.#readers.get(input.id) ?? new MidiReader();
        this.#readers.set(input.id, reader);
        const signals = data ? reader.read(data, timeStamp) : [];
        if (signals.length) this.#hear(signals);
      };
    }
    this.#say(inputs.map(({ name }) => name ?? t("a device without a name")).join(", ") || NO_DEVICE);
  }

  /** @param {string} words */
  #say(words) {
    this.words = t(words);
    this.#changed();
  }
}
