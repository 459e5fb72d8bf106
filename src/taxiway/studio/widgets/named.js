/** A whole number whose values have names, such as a model's classes: they are chosen by name. */

import category from "./category.js";

/** @import { Field, Make, NumberField, WidgetType } from "../types.d.ts" */

/** @param {Field} field */
const suits = (field) => field.type === "number" && field.names !== undefined;

/** @type {Make<NumberField & { names: string[] }>} */
function make(field, id, change) {
  const first = field.min ?? 0;
  const named = (/** @type {any} */ value) => field.names[value - first];
  const words = { ...field, oneOf: field.names, default: named(field.default ?? first) };
  const choose = (/** @type {string} */ name) => change(first + field.names.indexOf(name));
  const { element, show } = category.make(words, id, choose, () => {});
  return { element, show: (/** @type {any} */ value) => show(named(value ?? field.default)) };
}

export default /** @type {WidgetType} */ ({ order: 100, suits, make });
