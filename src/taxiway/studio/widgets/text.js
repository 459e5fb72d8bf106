/** A line of text. */

import { h } from "../dom.js";

/** @typedef {import("../store.js").Field} Field */

/** @param {Field} field */
const suits = ({ type }) => type === "text";

/** @param {Field} field @param {string} id @param {(value: any) => void} change */
function make(field, id, change) {
  const element = h("input", { type: "text", id, maxlength: field.maxLength });
  element.addEventListener("change", () => change(element.value));
  const show = (/** @type {any} */ value) => (element.value = value ?? field.default ?? "");
  return { element, show };
}

export default /** @type {import("./index.js").WidgetType} */ ({ suits, make });
