/** A number between two bounds: a slider with its value beside it, which can be typed too. */

import { h } from "../dom.js";

const MOST_WHOLE_STEPS = 2000;

/** @typedef {import("../store.js").Field} Field */

/** @param {Field} field */
function suits({ type, min, max, whole }) {
  const isBounded = type === "number" && min !== undefined && max !== undefined;
  return isBounded && (!whole || max - min <= MOST_WHOLE_STEPS);
}

/** @param {Field} field */
const stepOf = ({ step, whole, min, max }) => step ?? (whole ? 1 : (max - min) / 100);

/** @param {Field} field @param {string} id @param {(value: any) => void} change */
function make(field, id, change) {
  const limits = { min: field.min, max: field.max, step: stepOf(field) };
  const range = h("input", { type: "range", id, ...limits });
  const box = h("input", {
    type: "number",
    class: "figure",
    "aria-label": `${field.name}, typed`,
    ...limits,
  });
  const show = (/** @type {any} */ value) => {
    range.value = box.value = value ?? field.default ?? field.min;
  };
  range.addEventListener("input", () => {
    box.value = range.value;
    change(Number(range.value));
  });
  box.addEventListener("change", () => {
    change(Math.min(field.max, Math.max(field.min, Number(box.value))));
  });
  range.addEventListener("dblclick", () => change(null));
  return { element: h("div", { class: "slider" }, range, box), show };
}

export default /** @type {import("./index.js").WidgetType} */ ({ suits, make });
