/**
 * MIDI's bytes as signals: names and numbers, as the mapping takes them (docs/mapping.md).
 *
 * No browser is needed here. Numbers go from 0 to 1, but programs, which are numbers, and the tempo,
 * in beats a minute.
 */

/** @typedef {[name: string, value: number]} Signal */

const MOST = 127;
const MOST_FINE = 16383;
const FINE = 32;
/** So often a control has to be followed by its fine part before both are believed to be one. */
const BELIEVED = 3;
const CLOCKS_A_BEAT = 24;
const MODES = 120;
const SLOWEST_BPM = 20;

export class MidiReader {
  /** Of controls below 32 by channel and number: the coarse part, and how often a fine one came. */
  #coarse = /** @type {Map<string, { value: number, pairs: number }>} */ (new Map());
  #last = "";
  #clocks = 0;
  #beatAt = 0;

  /**
   * @param {Uint8Array} data one message
   * @param {number} time ms
   * @returns {Signal[]}
   */
  read(data, time) {
    const [status = 0, first = 0, second = 0] = data;
    if (status >= 0xf8) return this.#tick(status, time);
    const channel = (status & 15) + 1;
    const last = this.#last;
    this.#last = "";
    switch (status >> 4) {
      case 8:
        return [[`midi:${channel}:note:${first}`, 0]];
      case 9:
        return [[`midi:${channel}:note:${first}`, second / MOST]];
      case 11:
        return this.#control(channel, first, second, last);
      case 12:
        return [[`midi:${channel}:program`, first]];
      case 13:
        return [[`midi:${channel}:pressure`, first / MOST]];
      case 14:
        return [[`midi:${channel}:bend`, (second * 128 + first) / MOST_FINE]];
      default:
        return [];
    }
  }

  /** @param {number} channel @param {number} number @param {number} value @param {string} last @returns {Signal[]} */
  #control(channel, number, value, last) {
    const name = `midi:${channel}:cc:${number}`;
    if (number >= MODES) return [];
    if (number < FINE) {
      const known = this.#coarse.get(name) ?? { value, pairs: 0 };
      if (last === name) known.pairs = 0;
      known.value = value;
      this.#coarse.set(name, known);
      this.#last = name;
      // The fine part follows at once, and says all.
      return known.pairs >= BELIEVED ? [] : [[name, value / MOST]];
    }
    const coarse = `midi:${channel}:cc:${number - FINE}`;
    const known = this.#coarse.get(coarse);
    if (number < 2 * FINE && known && last === coarse) {
      known.pairs += 1;
      if (known.pairs >= BELIEVED) return [[coarse, (known.value * 128 + value) / MOST_FINE]];
    }
    return [[name, value / MOST]];
  }

  /** The clock: a beat is a press and a release. @param {number} status @param {number} time @returns {Signal[]} */
  #tick(status, time) {
    if (status === 0xfa) this.#clocks = this.#beatAt = 0;
    if (status !== 0xf8 || this.#clocks++ % CLOCKS_A_BEAT) return [];
    const bpm = 60_000 / (time - this.#beatAt);
    const isSteady = this.#beatAt > 0 && bpm > SLOWEST_BPM && bpm < Infinity;
    this.#beatAt = time;
    const beat = /** @type {Signal[]} */ ([["midi:beat", 1], ["midi:beat", 0]]);
    return isSteady ? [["midi:tempo", bpm], ...beat] : beat;
  }
}
