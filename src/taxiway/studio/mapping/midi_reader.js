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
const DATA = 6;
const FINE_DATA = 38;
/** Controllers that choose a parameter, of which the next data is: what kind, and which bits. */
const SELECTING = /** @type {Record<number, [string, number]>} */ ({ 99: ["nrpn", 7], 98: ["nrpn", 0], 101: ["rpn", 7], 100: ["rpn", 0] });
/** Controllers that turn a chosen parameter one up or down, and that in two's complement. */
const STEPS = /** @type {Record<number, number>} */ ({ 96: 1, 97: 127 });
const NO_PARAMETER = 0x3fff;

export class MidiReader {
  /** Of controls below 32 by channel and number: the coarse part, and how often a fine one came. */
  #coarse = /** @type {Map<string, { value: number, pairs: number }>} */ (new Map());
  #chosen = /** @type {Map<number, [string, number]>} */ (new Map());
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
    if (number >= MODES) return [];
    if (number in SELECTING) return this.#choose(channel, number, value);
    const name = `midi:${channel}:cc:${number}`;
    const [kind, parameter] = this.#chosen.get(channel) ?? ["", NO_PARAMETER];
    if (parameter !== NO_PARAMETER && (number === DATA || number === FINE_DATA)) {
      const chosen = `midi:${channel}:${kind}:${parameter}`;
      return number === DATA ? this.#begun(chosen, value, last) : (this.#completed(chosen, value, last) ?? []);
    }
    if (parameter !== NO_PARAMETER && number in STEPS) {
      return [[`midi:${channel}:${kind}:${parameter}:step`, STEPS[number] / MOST]];
    }
    if (number < FINE) return this.#begun(name, value, last);
    const coarse = `midi:${channel}:cc:${number - FINE}`;
    return (number < 2 * FINE && this.#completed(coarse, value, last)) || [[name, value / MOST]];
  }

  /** @param {number} channel @param {number} number @param {number} value @returns {Signal[]} */
  #choose(channel, number, value) {
    const [kind, shift] = SELECTING[number];
    const [known, parameter] = this.#chosen.get(channel) ?? [kind, NO_PARAMETER];
    const before = known === kind ? parameter : NO_PARAMETER;
    this.#chosen.set(channel, [kind, (before & ~(MOST << shift)) | (value << shift)]);
    return [];
  }

  /** A coarse part came. @param {string} name @param {number} value @param {string} last @returns {Signal[]} */
  #begun(name, value, last) {
    const known = this.#coarse.get(name) ?? { value, pairs: 0 };
    if (last === name) known.pairs = 0;
    known.value = value;
    this.#coarse.set(name, known);
    this.#last = name;
    // The fine part follows at once, and says all.
    return known.pairs >= BELIEVED ? [] : [[name, value / MOST]];
  }

  /** Perhaps the fine part of a coarse one; null where it is something else. @param {string} name @param {number} value @param {string} last @returns {Signal[] | null} */
  #completed(name, value, last) {
    const known = this.#coarse.get(name);
    if (last !== name || !known || ++known.pairs < BELIEVED) return null;
    return [[name, (known.value * 128 + value) / MOST_FINE]];
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
