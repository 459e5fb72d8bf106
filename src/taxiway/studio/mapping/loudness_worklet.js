/** `Loudness` on the thread of the sound: a message about every 16 ms. */

import { Loudness } from "./loudness.js";

/** Samples, a multiple of the 128 that come at a time. */
const HOP = 768;

class LoudnessProcessor extends AudioWorkletProcessor {
  #loudness = new Loudness(sampleRate);
  #samples = new Float32Array(HOP);
  #filled = 0;

  /** @param {Float32Array[][]} inputs */
  process([channels]) {
    const count = channels[0]?.length ?? 0;
    for (let k = 0; k < count; k++) {
      this.#samples[this.#filled++] = channels.reduce((sum, each) => sum + each[k], 0) / channels.length;
      if (this.#filled < HOP) continue;
      this.#filled = 0;
      this.port.postMessage(this.#loudness.next(this.#samples));
    }
    return true;
  }
}

registerProcessor("taxiway-loudness", LoudnessProcessor);
