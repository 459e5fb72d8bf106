/** A vector: drawn at random as the model says, seen as bars, and copied in and out as JSON. */

import { copyFrom, h } from "../dom.js";
import { fillGaussian } from "../vectors.js";
import { jsonBox } from "./json.js";
import { canvasOf } from "../picking.js";
import { t } from "../words.js";

/** @import { Field, Make, VectorField, WidgetType } from "../types.d.ts" */

const WIDTH = 512;
const HEIGHT = 64;
const RANGE = 3;

/** @param {Field} field */
const suits = ({ type }) => type === "vector";

/** @type {Make<VectorField>} */
function make(field, id, change, reject) {
  const canvas = canvasOf(WIDTH, HEIGHT, { class: "vector-bars", "aria-hidden": "true" });
  const fits = (/** @type {any} */ value) =>
    Array.isArray(value) && value.length === field.length && value.every(Number.isFinite);
  const sentence = t("'{name}' takes a JSON list of {n} numbers.", { name: field.name, n: field.length });
  const box = jsonBox(`${id}-json`, fits, sentence, change, reject);
  const random = h("button", { type: "button", id }, "Random");
  random.addEventListener("click", () => change(draw(field)));
  const copy = h("button", { type: "button" }, "Copy");
  copy.addEventListener("click", () => copyFrom(copy, box.element.value));
  const show = (/** @type {any} */ value) => {
    box.show(value);
    paint(canvas, value ?? [], field);
  };
  const numbers = h("details", {}, h("summary", {}, "Numbers"), box.element);
  const buttons = h("div", { class: "row" }, random, copy);
  return {
    element: h("div", { class: "vector" }, canvas, buttons, numbers),
    show,
    initial: field.default ?? draw(field),
    isWide: true,
  };
}

/** @param {VectorField} field @returns {number[]} */
function draw({ length, samplingMean, samplingStd }) {
  const vector = new Float32Array(length);
  fillGaussian(vector, { mean: samplingMean ?? 0, deviation: samplingStd ?? 1 });
  return Array.from(vector, (value) => Number(value.toFixed(4)));
}

/** @param {HTMLCanvasElement} canvas @param {number[]} numbers @param {VectorField} field */
function paint(canvas, numbers, { samplingMean = 0, samplingStd = 1 }) {
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.clearRect(0, 0, WIDTH, HEIGHT);
  context.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--fader-tip");
  const step = WIDTH / numbers.length;
  const scale = HEIGHT / 2 / (RANGE * (samplingStd || 1));
  numbers.forEach((value, k) => {
    const height = (value - samplingMean) * scale;
    context.fillRect(k * step, HEIGHT / 2, Math.max(step - 1, 0.7), -height || -1);
  });
}

export default /** @type {WidgetType} */ ({ order: 200, suits, make });
