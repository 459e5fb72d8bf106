/**
 * The faders as pixels: a canvas of integer rectangles.
 *
 * Never one big path: it costs the browser most of its frames, and 512 elements cost script time
 * (docs/studio.md, "Speed").
 */

import { h } from "../dom.js";

export const RANGE = 3;
const MARKS = [0, 1, -1, 2, -2];
const TIP = 2;

/** @param {string} name of a custom property */
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** What faders are drawn on and played by. */
export function canvasOfFaders() {
  return h("canvas", {
    class: "mixer-canvas",
    tabindex: 0,
    role: "slider",
    "aria-label": "Faders: left and right choose one, up and down change it",
    "aria-valuemin": -RANGE,
    "aria-valuemax": RANGE,
    "aria-valuenow": 0,
  });
}

export class Faders {
  cursor = 0;
  /** How many there are, and which of them are in view. */
  length = 0;
  first = 0;
  count = 0;
  #canvas;
  #context;
  #colours;

  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.#canvas = canvas;
    this.#context = /** @type {CanvasRenderingContext2D} */ (
      canvas.getContext("2d", { alpha: false })
    );
    this.#colours = {
      ground: colour("--well"),
      inner: colour("--well-inner"),
      mark: colour("--line"),
      zero: colour("--line-strong"),
      bar: colour("--fader"),
      tip: colour("--fader-tip"),
      cursor: colour("--paint"),
    };
  }

  /** Match the canvas to its size on screen, in device pixels. */
  resize() {
    const box = this.#canvas.getBoundingClientRect();
    this.#canvas.width = Math.max(1, Math.round(box.width * devicePixelRatio));
    this.#canvas.height = Math.max(1, Math.round(box.height * devicePixelRatio));
  }

  /**
   * The fader and the value under a pointer, kept within the bank.
   * @param {{ clientX: number, clientY: number }} pointer
   * @returns {import("./stroke.js").Point}
   */
  pointAt({ clientX, clientY }) {
    const box = this.#canvas.getBoundingClientRect();
    const across = Math.floor(((clientX - box.left) / box.width) * this.count);
    const up = 1 - (2 * (clientY - box.top)) / box.height;
    return {
      index: this.first + Math.max(0, Math.min(this.count - 1, across)),
      value: RANGE * Math.max(-1, Math.min(1, up)),
    };
  }

  /** Move the view so that the cursor is in it. */
  showCursor() {
    this.cursor = Math.min(this.cursor, Math.max(0, this.length - 1));
    const least = this.cursor - this.count + 1;
    const first = Math.max(least, Math.min(this.first, this.cursor));
    this.first = Math.min(this.length - this.count, first);
  }

  /** @param {Float32Array} vector */
  paint(vector) {
    if (!this.count) return;
    this.#paintGround();
    const { bar, tip, cursor } = this.#colours;
    this.#context.fillStyle = bar;
    for (let k = 0; k < this.count; k++) this.#paintBar(k, vector[this.first + k]);
    this.#context.fillStyle = tip;
    for (let k = 0; k < this.count; k++) this.#paintTip(k, vector[this.first + k], TIP);
    this.#context.fillStyle = cursor;
    this.#paintBar(this.cursor - this.first, vector[this.cursor]);
    this.#paintTip(this.cursor - this.first, vector[this.cursor], 2 * TIP);
  }

  #paintGround() {
    const { width, height } = this.#canvas;
    const { ground, inner, mark, zero } = this.#colours;
    this.#fill(ground, 0, 0, width, height);
    this.#fill(inner, 0, this.#row(1), width, this.#row(-1) - this.#row(1));
    for (const value of MARKS) this.#fill(value ? mark : zero, 0, this.#row(value), width, 1);
  }

  /** @param {string} style @param {number} x @param {number} y @param {number} w @param {number} h */
  #fill(style, x, y, w, h) {
    this.#context.fillStyle = style;
    this.#context.fillRect(x, y, w, h);
  }

  /** @param {number} value @returns {number} */
  #row(value) {
    const kept = Math.max(-RANGE, Math.min(RANGE, value));
    return Math.round(((1 - kept / RANGE) / 2) * (this.#canvas.height - 1));
  }

  /** Left edge and width of the k-th fader in view, with a gap where there is room for one. */
  #column(/** @type {number} */ k) {
    const { width } = this.#canvas;
    const left = Math.round((k * width) / this.count);
    const right = Math.round(((k + 1) * width) / this.count);
    return { left, wide: Math.max(1, right - left - (right - left > 2 ? 1 : 0)) };
  }

  /** @param {number} k @param {number} value */
  #paintBar(k, value) {
    const { left, wide } = this.#column(k);
    const [from, to] = [this.#row(value), this.#row(0)];
    this.#context.fillRect(left, Math.min(from, to), wide, Math.max(1, Math.abs(to - from)));
  }

  /** @param {number} k @param {number} value @param {number} size */
  #paintTip(k, value, size) {
    const { left, wide } = this.#column(k);
    const high = Math.round(size * devicePixelRatio);
    this.#context.fillRect(left, this.#row(value) - (high >> 1), wide, high);
  }
}
