/** A frame with its mask and its clicks, and the hand that clicks. */

import { h } from "../dom.js";

/** @import { Clicks, Point } from "./films.js" */
/** @typedef {"include" | "exclude" | "box"} Mode */
/** @typedef {"tint" | "ground" | "film"} Look */

const TINT = [255, 40, 90];
const GROUND = "#00ff00";
/** Pixels of the page within which a drag is a click. */
const STILL = 4;

export class Stage {
  /** @type {Mode} */
  mode = "include";
  /** @type {Look} */
  look = "tint";
  canvas = h("canvas", { class: "film-canvas", role: "img", tabindex: 0 });
  #context = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
  /** @type {ImageBitmap | null} */
  #picture = null;
  /** @type {HTMLCanvasElement | null} */
  #mask = null;
  /** @type {Clicks | null} */
  #clicks = null;
  /** @type {{ from: Point, to: Point } | null} */
  #dragged = null;
  #said;

  /** @param {(mode: Mode, point: Point, box: number[] | null) => void} said what the hand says */
  constructor(said) {
    this.#said = said;
    this.canvas.addEventListener("pointerdown", (event) => this.#down(event));
    this.canvas.addEventListener("pointermove", (event) => this.#move(event));
    this.canvas.addEventListener("pointerup", (event) => this.#up(event));
    this.canvas.addEventListener("pointercancel", () => this.#forget());
    this.canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  }

  /**
   * @param {ImageBitmap} picture
   * @param {HTMLCanvasElement | null} mask
   * @param {Clicks | null} clicks
   * @param {string} words
   */
  show(picture, mask, clicks, words) {
    this.#picture = picture;
    this.#mask = mask;
    this.#clicks = clicks;
    if (this.canvas.width !== picture.width || this.canvas.height !== picture.height) {
      this.canvas.width = picture.width;
      this.canvas.height = picture.height;
    }
    this.canvas.setAttribute("aria-label", words);
    this.draw();
  }

  draw() {
    const context = this.#context;
    const { width, height } = this.canvas;
    if (!this.#picture) return;
    context.clearRect(0, 0, width, height);
    context.drawImage(this.#picture, 0, 0);
    if (this.#mask && this.look === "tint") {
      context.globalAlpha = 0.45;
      context.drawImage(this.#mask, 0, 0);
      context.globalAlpha = 1;
    } else if (this.#mask && this.look === "ground") {
      context.globalCompositeOperation = "destination-in";
      context.drawImage(this.#mask, 0, 0);
      context.globalCompositeOperation = "destination-over";
      context.fillStyle = GROUND;
      context.fillRect(0, 0, width, height);
      context.globalCompositeOperation = "source-over";
    }
    if (this.look !== "film") this.#drawClicks();
  }

  #drawClicks() {
    const box = this.#dragged ? boxOf(this.#dragged) : this.#clicks?.box;
    const { width, height } = this.canvas;
    const context = this.#context;
    const unit = width / 480;
    if (box) {
      context.setLineDash([6 * unit, 4 * unit]);
      context.lineWidth = 2 * unit;
      context.strokeStyle = "#ffffff";
      const [left, top, right, bottom] = box;
      context.strokeRect(left * width, top * height, (right - left) * width, (bottom - top) * height);
      context.setLineDash([]);
    }
    for (const point of this.#clicks?.include ?? []) this.#mark(point, "#16c25f", true, unit);
    for (const point of this.#clicks?.exclude ?? []) this.#mark(point, "#e5322d", false, unit);
  }

  /** @param {Point} point @param {string} colour @param {boolean} isPlus @param {number} unit */
  #mark([x, y], colour, isPlus, unit) {
    const context = this.#context;
    const [left, top, reach] = [x * this.canvas.width, y * this.canvas.height, 4 * unit];
    context.beginPath();
    context.arc(left, top, 7 * unit, 0, 7);
    context.fillStyle = colour;
    context.fill();
    context.lineWidth = 2 * unit;
    context.strokeStyle = "#ffffff";
    context.stroke();
    context.beginPath();
    context.moveTo(left - reach, top);
    context.lineTo(left + reach, top);
    if (isPlus) {
      context.moveTo(left, top - reach);
      context.lineTo(left, top + reach);
    }
    context.stroke();
  }

  /** @param {PointerEvent} event @returns {Point} */
  #place(event) {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    const part = (/** @type {number} */ value) => Math.min(Math.max(value, 0), 1);
    return [part((event.clientX - left) / width), part((event.clientY - top) / height)];
  }

  /** @param {PointerEvent} event */
  #down(event) {
    if (!this.#picture) return;
    event.preventDefault();
    this.canvas.focus({ preventScroll: true });
    if (this.mode === "box" && event.button === 0) {
      this.canvas.setPointerCapture(event.pointerId);
      this.#dragged = { from: this.#place(event), to: this.#place(event) };
      return;
    }
    const isOther = event.button === 2 || event.altKey || event.shiftKey;
    const mode = isOther || this.mode === "exclude" ? "exclude" : "include";
    this.#said(mode, this.#place(event), null);
  }

  /** @param {PointerEvent} event */
  #move(event) {
    if (!this.#dragged) return;
    this.#dragged.to = this.#place(event);
    this.draw();
  }

  /** @param {PointerEvent} event */
  #up(event) {
    if (!this.#dragged) return;
    this.#dragged.to = this.#place(event);
    const box = boxOf(this.#dragged);
    const { width, height } = this.canvas.getBoundingClientRect();
    const isDrawn = (box[2] - box[0]) * width > STILL && (box[3] - box[1]) * height > STILL;
    this.#forget();
    if (isDrawn) this.#said("box", [box[0], box[1]], box);
  }

  #forget() {
    this.#dragged = null;
    this.draw();
  }
}

/** @param {{ from: Point, to: Point }} dragged */
function boxOf({ from, to }) {
  const [x, y] = [0, 1].map((k) => [Math.min(from[k], to[k]), Math.max(from[k], to[k])]);
  return [x[0], y[0], x[1], y[1]];
}

/** A mask's PNG as a canvas: the tint where it is white; null of an empty file. @param {Blob} file */
export async function tinted(file) {
  if (!file.size) return null;
  const picture = await createImageBitmap(file);
  const canvas = h("canvas", { width: picture.width, height: picture.height });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.drawImage(picture, 0, 0);
  const image = context.getImageData(0, 0, picture.width, picture.height);
  for (let k = 0; k < image.data.length; k += 4) {
    image.data[k + 3] = image.data[k];
    image.data.set(TINT, k);
  }
  context.putImageData(image, 0, 0);
  return canvas;
}
