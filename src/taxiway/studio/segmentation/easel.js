/** The easel of a segmentation: the canvas, the brush, and the hand that holds it. */

import { h } from "../dom.js";
import { canvasOf, loaded } from "../picking.js";
import { Painting } from "./painting.js";
import { t } from "../words.js";

/** @import { SegmentationField } from "../types.d.ts" */

/** @typedef {import("./painting.js").Point} Point */

const USUAL_SIZE = 512;
/** Diameters in pixels of a map of 512; those of other maps are in proportion. */
export const BRUSH = { min: 2, max: 160, value: 32 };
const REMEMBERED = 30;
/** Milliseconds between two states of a stroke that are told: what listens paints along. */
const PACE = 80;

/** The canvas that is painted on, and with what. `element` has it and the ring of the brush. */
export class Easel extends EventTarget {
  canvas;
  element;
  label;
  fills = false;
  value = "";
  #ring = h("div", { class: "brush-ring", hidden: true });
  #diameter = BRUSH.value;
  #field;
  #context;
  #painting;
  #change;
  /** @type {Uint32Array[]} */
  #past = [];
  #told = 0;
  #waiting = 0;

  /** @param {SegmentationField} field @param {(value: any) => void} change */
  constructor(field, change) {
    super();
    const width = field.width ?? field.minWidth ?? USUAL_SIZE;
    const height = field.height ?? field.minHeight ?? USUAL_SIZE;
    this.#field = field;
    this.#change = change;
    this.label = offered(field).find((label) => label !== field.defaultLabel) ?? field.defaultLabel;
    this.canvas = canvasOf(width, height, { class: "easel", "aria-label": t("Paint {name}", { name: field.name }) });
    this.element = h("div", { class: "easel-box" }, this.canvas, this.#ring);
    this.#context = /** @type {CanvasRenderingContext2D} */ (
      this.canvas.getContext("2d", { willReadFrequently: true })
    );
    this.#painting = new Painting(width, height, this.#colour(field.defaultLabel));
    this.#render();
    if (field.default) void this.show(field.default);
    this.#follow();
  }

  /** @param {number} diameter */
  set diameter(diameter) {
    this.#diameter = Math.min(BRUSH.max, Math.max(BRUSH.min, diameter));
    this.dispatchEvent(new Event("brush"));
  }

  get diameter() {
    return this.#diameter;
  }

  get canUndo() {
    return this.#past.length > 0;
  }

  clear() {
    this.#remember();
    this.#painting.clear(this.#colour(this.#field.defaultLabel));
    this.#finish();
  }

  undo() {
    const before = this.#past.pop();
    if (!before) return;
    this.#painting.restore(before);
    this.#finish();
  }

  /** Take over a picture, scaled without blending. @param {string} uri */
  async load(uri) {
    const picture = await loaded(uri);
    this.#remember();
    this.#draw(picture);
    this.#finish();
  }

  /** What the map is elsewhere, or at first. @param {string | null | undefined} value */
  async show(value) {
    const wanted = value || this.#field.default;
    if (!wanted || wanted === this.value || this.#waiting) return;
    this.value = wanted;
    const picture = await loaded(wanted);
    if (this.value === wanted) this.#draw(picture);
  }

  /** @param {HTMLImageElement} picture */
  #draw(picture) {
    const { width, height } = this.canvas;
    this.#context.imageSmoothingEnabled = false;
    this.#context.drawImage(picture, 0, 0, width, height);
    this.#painting.load(this.#context.getImageData(0, 0, width, height), Object.values(this.#field.labelToColor));
    this.#painting.show(this.#context);
  }

  /** @param {string} label @returns {[number, number, number]} */
  #colour(label) {
    return this.#field.labelToColor[label] ?? [0, 0, 0];
  }

  #follow() {
    /** @type {Point | null} */
    let last = null;
    this.canvas.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      this.canvas.setPointerCapture(event.pointerId);
      const point = this.#pointAt(event);
      this.#remember();
      if (this.fills) this.#painting.fill(point, this.#colour(this.label));
      else this.#stroke(point, (last = point));
      this.#painting.show(this.#context);
      this.#tellSoon();
    });
    this.canvas.addEventListener("pointermove", (event) => {
      this.#showRing(event);
      if (!last) return;
      for (const part of event.getCoalescedEvents?.() ?? [event]) {
        const point = this.#pointAt(part);
        this.#stroke(last, point);
        last = point;
      }
      this.#painting.show(this.#context);
      this.#tellSoon();
    });
    const end = () => {
      if (last || this.fills) this.#finish();
      last = null;
    };
    this.canvas.addEventListener("pointerup", end);
    this.canvas.addEventListener("pointercancel", end);
    this.canvas.addEventListener("pointerleave", () => (this.#ring.hidden = true));
  }

  /** The brush's size and paint, where it is. @param {PointerEvent} event */
  #showRing({ offsetX, offsetY, pointerType }) {
    this.#ring.hidden = this.fills || pointerType === "touch";
    const { style } = this.#ring;
    const wide = (this.#radius() * 2 * this.canvas.clientWidth) / this.canvas.width;
    style.setProperty("width", `${wide}px`);
    style.setProperty("left", `${this.canvas.offsetLeft + offsetX}px`);
    style.setProperty("top", `${this.canvas.offsetTop + offsetY}px`);
    style.setProperty("--paint", `rgb(${this.#colour(this.label).join(" ")})`);
  }

  #radius() {
    return (this.#diameter / 2) * (Math.max(this.canvas.width, this.canvas.height) / USUAL_SIZE);
  }

  /** @param {Point} from @param {Point} to */
  #stroke(from, to) {
    this.#painting.stroke(from, to, Math.max(0.5, this.#radius()), this.#colour(this.label));
  }

  #remember() {
    this.#past.push(this.#painting.copy());
    if (this.#past.length > REMEMBERED) this.#past.shift();
    this.dispatchEvent(new Event("past"));
  }

  #render() {
    this.#painting.show(this.#context);
    this.value = this.canvas.toDataURL("image/png");
  }

  /** While a stroke goes on what is painted is told, at most so often. */
  #tellSoon() {
    if (this.#waiting) return;
    const tell = () => {
      this.#waiting = 0;
      this.#tell();
    };
    this.#waiting = setTimeout(tell, Math.max(0, this.#told + PACE - performance.now()));
  }

  #tell() {
    this.#told = performance.now();
    this.value = this.canvas.toDataURL("image/png");
    this.#change(this.value);
  }

  #finish() {
    clearTimeout(this.#waiting);
    this.#waiting = 0;
    this.#painting.show(this.#context);
    this.#tell();
    this.dispatchEvent(new Event("past"));
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

/** The labels to paint with. @param {SegmentationField} field */
export function offered(field) {
  return field.offered?.length ? field.offered : field.labels;
}
