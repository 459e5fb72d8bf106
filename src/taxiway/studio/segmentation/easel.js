/** The easel of a segmentation: the canvas, the brush, and the hand that holds it. */

import { canvasOf, loaded } from "../picking.js";
import { Painting } from "./painting.js";

/** @import { SegmentationField } from "../types.d.ts" */

/** @typedef {import("./painting.js").Point} Point */

const USUAL_SIZE = 512;
/** Diameters in pixels. */
export const BRUSH = { min: 1, max: 96, value: 24 };

/** The canvas that is painted on, and with what. */
export class Easel {
  canvas;
  label;
  radius = BRUSH.value / 2;
  fills = false;
  value = "";
  #field;
  #context;
  #painting;
  #change;

  /** @param {SegmentationField} field @param {(value: any) => void} change */
  constructor(field, change) {
    const width = field.width ?? field.minWidth ?? USUAL_SIZE;
    const height = field.height ?? field.minHeight ?? USUAL_SIZE;
    this.#field = field;
    this.#change = change;
    this.label = field.labels.at(-1) ?? field.defaultLabel;
    this.canvas = canvasOf(width, height, { class: "easel", "aria-label": `Paint ${field.name}` });
    this.#context = /** @type {CanvasRenderingContext2D} */ (
      this.canvas.getContext("2d", { willReadFrequently: true })
    );
    this.#painting = new Painting(width, height, this.#colour(field.defaultLabel));
    this.#render();
    this.#follow();
  }

  clear() {
    this.#painting.clear(this.#colour(this.#field.defaultLabel));
    this.#finish();
  }

  /** Take over a picture, scaled without blending. @param {string} uri */
  async load(uri) {
    const picture = await loaded(uri);
    const { width, height } = this.canvas;
    this.#context.imageSmoothingEnabled = false;
    this.#context.drawImage(picture, 0, 0, width, height);
    this.#painting.load(this.#context.getImageData(0, 0, width, height));
    this.#finish();
  }

  /** @param {string | undefined} value */
  async show(value) {
    if (!value || value === this.value) return;
    this.value = value;
    await this.load(value);
  }

  /** @param {string} label @returns {[number, number, number]} */
  #colour(label) {
    return this.#field.labelToColor[label] ?? [0, 0, 0];
  }

  #follow() {
    /** @type {Point | null} */
    let last = null;
    this.canvas.addEventListener("pointerdown", (event) => {
      this.canvas.setPointerCapture(event.pointerId);
      const point = this.#pointAt(event);
      if (this.fills) this.#painting.fill(point, this.#colour(this.label));
      else this.#stroke(point, (last = point));
      this.#painting.show(this.#context);
    });
    this.canvas.addEventListener("pointermove", (event) => {
      if (!last) return;
      const point = this.#pointAt(event);
      this.#stroke(last, point);
      last = point;
      this.#painting.show(this.#context);
    });
    this.canvas.addEventListener("pointerup", () => {
      last = null;
      this.#finish();
    });
    this.canvas.addEventListener("pointercancel", () => (last = null));
  }

  /** @param {Point} from @param {Point} to */
  #stroke(from, to) {
    this.#painting.stroke(from, to, this.radius, this.#colour(this.label));
  }

  #render() {
    this.#painting.show(this.#context);
    this.value = this.canvas.toDataURL("image/png");
  }

  #finish() {
    this.#render();
    this.#change(this.value);
  }

  /** @param {PointerEvent} event */
  #pointAt({ clientX, clientY }) {
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    const pixel = (/** @type {number} */ part, /** @type {number} */ size) =>
      Math.min(size - 1, Math.max(0, Math.floor(part * size)));
    return {
      x: pixel((clientX - left) / width, this.canvas.width),
      y: pixel((clientY - top) / height, this.canvas.height),
    };
  }
}
