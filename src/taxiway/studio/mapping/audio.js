/** Sound as signals: the microphone, or a file that is played here round and round. */

import { at } from "../address.js";
import { t } from "../words.js";

/** @typedef {import("./midi_reader.js").Signal} Signal */
/** @typedef {import("./loudness.js").Loud} Loud */

const BLOCKED = "The microphone is blocked: allow it at the sign left of the page's address, then try again.";
const INSECURE = "Browsers give the microphone only to pages at localhost or by https; a file will do.";
const NO_SOUND = "This file holds no sound that the browser can read.";

export class Audio {
  words = "";
  isOn = false;
  #stop = () => {};
  #hear;
  #changed;

  /** @param {(signals: Signal[]) => void} hear @param {() => void} changed called when `words` are others */
  constructor(hear, changed) {
    this.#hear = hear;
    this.#changed = changed;
  }

  /** Listen to the microphone. */
  async listen() {
    if (!navigator.mediaDevices) return this.#say(INSECURE, false);
    try {
      const plain = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
      const stream = await navigator.mediaDevices.getUserMedia({ audio: plain });
      await this.#begin("The microphone is heard.", (context) => {
        const source = context.createMediaStreamSource(stream);
        return { source, end: () => stream.getTracks().forEach((track) => track.stop()) };
      });
    } catch (problem) {
      const { name, message } = /** @type {Error} */ (problem);
      this.#say(name === "NotAllowedError" ? BLOCKED : message, false);
    }
  }

  /** Play a file. @param {File} file */
  async play(file) {
    try {
      const context = new AudioContext();
      const buffer = await context.decodeAudioData(await file.arrayBuffer()).finally(() => context.close());
      await this.#begin(t("{file} is played and heard.", { file: file.name }), (context) => {
        const source = new AudioBufferSourceNode(context, { buffer, loop: true });
        source.connect(context.destination);
        source.start();
        return { source, end: () => source.stop() };
      });
    } catch {
      this.#say(NO_SOUND, false);
    }
  }

  end() {
    this.#stop();
    this.#say("", false);
  }

  /**
   * @param {string} words
   * @param {(context: AudioContext) => { source: AudioNode, end: () => void }} open
   */
  async #begin(words, open) {
    this.#stop();
    const context = new AudioContext();
    await context.audioWorklet.addModule(at("/studio/mapping/loudness_worklet.js"));
    const { source, end } = open(context);
    const node = new AudioWorkletNode(context, "taxiway-loudness", { numberOfOutputs: 0 });
    node.port.onmessage = ({ data }) => this.#hear(signalsOf(data));
    source.connect(node);
    this.#stop = () => {
      this.#stop = () => {};
      end();
      context.close();
    };
    this.#say(words, true);
  }

  /** @param {string} words @param {boolean} isOn */
  #say(words, isOn) {
    this.words = t(words);
    this.isOn = isOn;
    this.#changed();
  }
}

/** @param {Loud} loud @returns {Signal[]} */
function signalsOf({ onset, ...bands }) {
  const signals = Object.entries(bands).map(([name, value]) => /** @type {Signal} */ ([`audio:${name}`, value]));
  return onset ? [...signals, ["audio:onset", 1], ["audio:onset", 0]] : signals;
}
