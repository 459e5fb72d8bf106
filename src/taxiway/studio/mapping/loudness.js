/**
 * How loud sound is, in all and in three bands, and when something begins; plain arithmetic.
 *
 * Bands by filters of first order at 200 and 2000 Hz. Each follows its own loudest of late, so that
 * quiet and loud music fill the same range. An onset is a sudden rise of the bands over what they
 * were (the half-wave rectified difference of log energies, as in spectral flux), twice its mean.
 */

const LOW_HZ = 200;
const HIGH_HZ = 2000;
/** How long the loudest of late counts, and what is silence, in full scale. */
const PEAK_SECONDS = 8;
const SILENCE = 0.003;
/** How long the mean of the rise looks back, and how long two onsets are apart at least. */
const MEAN_SECONDS = 1;
const APART_SECONDS = 0.1;
const SUDDEN = 2;
const LEAST_RISE = 0.5;

/** @typedef {{ level: number, low: number, mid: number, high: number, onset: number }} Loud from 0 to 1 */

export class Loudness {
  #low = 0;
  #lowAndMid = 0;
  #weights;
  #rate;
  #peaks = [0, 0, 0, 0];
  #before = [0, 0, 0];
  #mean = 0;
  #rest = 0;

  /** @param {number} rate samples a second */
  constructor(rate) {
    this.#rate = rate;
    this.#weights = [LOW_HZ, HIGH_HZ].map((hz) => 1 - Math.exp((-2 * Math.PI * hz) / rate));
  }

  /** @param {Float32Array} samples the next ones, some ten milliseconds @returns {Loud} */
  next(samples) {
    const [all, ...bands] = this.#energies(samples);
    const seconds = samples.length / this.#rate;
    const onset = this.#onset(bands, seconds);
    const [level, low, mid, high] = [all, ...bands].map((value, k) => this.#scaled(value, k, seconds));
    return { level, low, mid, high, onset };
  }

  /** Root mean squares of all and of the bands. @param {Float32Array} samples */
  #energies(samples) {
    const sums = [0, 0, 0, 0];
    const [slow, quick] = this.#weights;
    for (const sample of samples) {
      this.#low += slow * (sample - this.#low);
      this.#lowAndMid += quick * (sample - this.#lowAndMid);
      const parts = [sample, this.#low, this.#lowAndMid - this.#low, sample - this.#lowAndMid];
      for (let k = 0; k < 4; k++) sums[k] += parts[k] * parts[k];
    }
    return sums.map((sum) => Math.sqrt(sum / Math.max(samples.length, 1)));
  }

  /** @param {number} value @param {number} k @param {number} seconds */
  #scaled(value, k, seconds) {
    this.#peaks[k] = Math.max(value, this.#peaks[k] * Math.exp(-seconds / PEAK_SECONDS));
    return this.#peaks[k] < SILENCE ? 0 : value / this.#peaks[k];
  }

  /** @param {number[]} bands @param {number} seconds */
  #onset(bands, seconds) {
    const logs = bands.map((value) => Math.log(Math.max(value, SILENCE)));
    const rise = logs.reduce((sum, value, k) => sum + Math.max(value - this.#before[k], 0), 0);
    this.#before = logs;
    this.#rest += seconds;
    const isSudden = rise > LEAST_RISE && rise > SUDDEN * this.#mean && this.#rest > APART_SECONDS;
    this.#mean += (rise - this.#mean) * Math.min(seconds / MEAN_SECONDS, 1);
    if (isSudden) this.#rest = 0;
    return isSudden ? 1 : 0;
  }
}
