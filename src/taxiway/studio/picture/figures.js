/** How many pictures a second, and how old they are when shown; told four times a second. */

const WINDOW_MS = 1000;
const SAMPLES = 60;

export class Figures {
  /** @type {number[]} */
  #times = [];
  /** @type {number[]} */
  #ages = [];

  /**
   * A picture was drawn.
   * @param {number} now ms
   * @param {number | null} age ms since its input was sent; null for a picture of nobody's input
   */
  count(now, age) {
    this.#times.push(now);
    if (age === null) return;
    this.#ages.push(age);
    if (this.#ages.length > SAMPLES) this.#ages.shift();
  }

  /** Pictures in the last second. @param {number} now ms */
  rate(now) {
    while (this.#times.length && now - this.#times[0] > WINDOW_MS) this.#times.shift();
    return this.#times.length;
  }

  /** Median age of the newest pictures in ms, or null before the first. */
  get age() {
    const sorted = [...this.#ages].sort((a, b) => a - b);
    return sorted.length ? sorted[sorted.length >> 1] : null;
  }
}
