/** Colour bars in place of a picture: what is cut off, turned or mirrored is seen at once. */

const COLOURS = ["white", "yellow", "cyan", "lime", "magenta", "red", "blue", "black"];
/** Of what has no picture yet. */
const SIDE = 512;
/** For the mark to go across. */
const ROUND_MS = 1000;

export class Bars {
  element = document.createElement("canvas");
  #picture;
  #isOn = false;

  /** @param {HTMLCanvasElement} picture whose place and size they take */
  constructor(picture) {
    this.#picture = picture;
    this.element.setAttribute("role", "img");
    this.element.setAttribute("aria-label", "Colour bars");
  }

  /** @param {boolean} isOn */
  show(isOn) {
    this.element.className = this.#picture.className;
    if (isOn === this.#isOn) return;
    this.#isOn = isOn;
    this.#picture.hidden = isOn;
    if (!isOn) return this.element.remove();
    this.#picture.after(this.element);
    this.#draw(performance.now());
  }

  #draw = (/** @type {number} */ time) => {
    if (!this.#isOn) return;
    const [width, height] = this.#picture.width > 1 ? [this.#picture.width, this.#picture.height] : [SIDE, SIDE];
    Object.assign(this.element, { width, height });
    const pen = /** @type {CanvasRenderingContext2D} */ (this.element.getContext("2d"));
    const left = (/** @type {number} */ place) => Math.floor((place * width) / COLOURS.length);
    COLOURS.forEach((colour, place) => {
      pen.fillStyle = colour;
      pen.fillRect(left(place), 0, left(place + 1) - left(place), height);
    });
    const mark = Math.max(width / 64, 1);
    pen.fillStyle = "white";
    pen.fillRect(((time % ROUND_MS) / ROUND_MS) * width, height / 2, mark, height / 2);
    pen.strokeStyle = "white";
    pen.strokeRect(0.5, 0.5, width - 1, height - 1);
    const size = Math.max(Math.min(width, height) / 12, 8);
    pen.font = `${size}px sans-serif`;
    pen.fillStyle = "black";
    pen.fillText("TOP LEFT", size / 2, 1.5 * size);
    requestAnimationFrame(this.#draw);
  };
}
