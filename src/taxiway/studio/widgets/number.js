/** A number without narrow bounds: a field to type in; empty means the default. */

import { h } from "../dom.js";

/** @import { Field, Make, NumberField, WidgetType } from "../types.d.ts" */

/** @param {Field} field */
const suits = ({ type }) => type === "number";

/** @type {Make<NumberField>} */
function make(field, id, change) {
  const step = field.step ?? (field.whole ? 1 : "any");
  const placeholder = field.default ?? "not set";
  const box = h("input", {
    type: "number",
    class: "figure",
    id,
    min: field.min,
    max: field.max,
    step,
    placeholder,
  });
  box.addEventListener("change", () => change(box.value === "" ? null : Number(box.value)));
  const show = (/** @type {any} */ value) => (box.value = value ?? "");
  return { element: box, show };
}

export default /** @type {WidgetType} */ ({ order: 200, suits, make });
