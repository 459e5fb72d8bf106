/** A whole number whose values have names, such as a model's classes: they are chosen by name. */

import category from "./category.js";

/** @typedef {import("../store.js").Field} Field */

/** @param {Field} field */
const suits = ({ type, names }) => type === "number" && names !== undefined;

/** @param {Field} field @param {string} id @param {(value: any) => void} change */
function make(field, id, change) {
  const first = field.min ?? 0;
  const named = (/** @type {any} */ value) => field.names[value - first];
  const words = { ...field, oneOf: field.names, default: named(field.default ?? first) };
  const choose = (/** @type {string} */ name) => change(first + field.names.indexOf(name));
  const { element, show } = category.make(words, id, choose, () => {});
  return { element, show: (/** @type {any} */ value) => show(named(value ?? field.default)) };
}

export default /** @type {import("./index.js").WidgetType} */ ({ suits, make });
