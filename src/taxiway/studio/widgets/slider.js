/** A number between two bounds: a slider with its value beside it, which can be typed too. */

import { h } from "../dom.js";
import { t } from "../words.js";

/** @import { Field, Make, NumberField, WidgetType } from "../types.d.ts" */

const MOST_WHOLE_STEPS = 2000;

/** @typedef {NumberField & { min: number, max: number }} Bounded */

/** @param {Field} field */
function suits(field) {
  if (field.type !== "number" || field.min === undefined || field.max === undefined) return false;
  return !field.whole || field.max - field.min <= MOST_WHOLE_STEPS;
}

/** @param {Bounded} field */
const stepOf = ({ step, whole, min, max }) => step ?? (whole ? 1 : (max - min) / 100);

/** @type {Make<Bounded>} */
function make(field, id, change) {
  const digits = Math.max(0, Math.ceil(1 - Math.log10(stepOf(field))));
  const limits = { min: field.min, max: field.max, step: stepOf(field) };
  const range = h("input", { type: "range", id, ...limits });
  const box = h("input", {
    type: "number",
    class: "figure",
    "aria-label": t("{name}, typed", { name: field.name }),
    ...limits,
  });
  const marked = h("span", { class: "slider-mark", hidden: true, "aria-hidden": "true" });
  const mark = (/** @type {number | null} */ value) => {
    marked.hidden = value === null;
    if (value !== null) marked.style.insetInlineStart = `${(100 * (value - field.min)) / (field.max - field.min)}%`;
  };
  const show = (/** @type {any} */ value) => {
    const shown = value ?? field.default ?? field.min;
    range.value = shown;
    // What comes by OSC is float32, and 0.3 would fill the box with 0.30000001192092896.
    box.value = String(Number(shown.toFixed(digits)));
  };
  range.addEventListener("input", () => {
    box.value = range.value;
    change(Number(range.value));
  });
  box.addEventListener("change", () => {
    change(Math.min(field.max, Math.max(field.min, Number(box.value))));
  });
  range.addEventListener("dblclick", () => change(null));
  const track = h("span", { class: "slider-track" }, range, marked);
  return { element: h("div", { class: "slider" }, track, box), show, mark };
}

export default /** @type {WidgetType} */ ({ order: 110, suits, make });
