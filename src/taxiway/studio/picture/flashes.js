/**
 * The flash guard: no more than three large changes of brightness in any second.
 *
 * Large is what WCAG 2.3.1 counts: a change of relative luminance by a tenth or more, over a quarter
 * of the picture, the darker side below 0.8. Slow changes are none, as each picture is like the last.
 */

const SIDE = 12;
const CELLS = SIDE * SIDE;
const LARGE = 0.1;
const BRIGHT = 0.8;
const SHARE = 0.25;
export const MOST = 3;
export const WINDOW_MS = 1000;

export class FlashGuard {
  #context = /** @type {CanvasRenderingContext2D} */ (
    Object.assign(document.createElement("canvas"), { width: SIDE, height: SIDE }).getContext("2d", {
      willReadFrequently: true,
    })
  );
  /** Luminance of the picture shown. @type {Float32Array | null} */
  #shown = null;
  /** When the newest large changes were, in ms. @type {number[]} */
  #changes = [];

  /**
   * How long a picture has to wait, in ms; one that need not counts as shown.
   * @param {CanvasImageSource} picture
   * @param {number} now ms
   */
  wait(picture, now) {
    const light = this.#lightOf(picture);
    const isLarge = this.#shown !== null && differ(this.#shown, light);
    this.#changes = this.#changes.filter((time) => now - time < WINDOW_MS);
    if (isLarge && this.#changes.length >= MOST) return this.#changes[0] + WINDOW_MS - now;
    if (isLarge) this.#changes.push(now);
    this.#shown = light;
    return 0;
  }

  /** @param {CanvasImageSource} picture */
  #lightOf(picture) {
    this.#context.drawImage(picture, 0, 0, SIDE, SIDE);
    const { data } = this.#context.getImageData(0, 0, SIDE, SIDE);
    return Float32Array.from({ length: CELLS }, (_, k) => {
      const [red, green, blue] = [linear(data[4 * k]), linear(data[4 * k + 1]), linear(data[4 * k + 2])];
      return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    });
  }
}

/** @param {Float32Array} before @param {Float32Array} after */
function differ(before, after) {
  let cells = 0;
  for (let k = 0; k < CELLS; k++) {
    const isLarge = Math.abs(after[k] - before[k]) >= LARGE;
    if (isLarge && Math.min(after[k], before[k]) < BRIGHT) cells++;
  }
  return cells >= SHARE * CELLS;
}

/** Of sRGB. @param {number} value 0 to 255 */
const linear = (value) =>
  value <= 10 ? value / 3294.6 : ((value / 255 + 0.055) / 1.055) ** 2.4;
