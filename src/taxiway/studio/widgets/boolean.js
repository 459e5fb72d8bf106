/** True or false: a switch. */

import { h } from "../dom.js";

/** @typedef {import("../store.js").Field} Field */

/** @param {Field} field */
const suits = ({ type }) => type === "boolean";

/** @param {Field} field @param {string} id @param {(value: any) => void} change */
function make(field, id, change) {
  const element = h("input", { type: "checkbox", role: "switch", class: "switch", id });
  element.addEventListener("change", () => change(element.checked));
  const show = (/** @type {any} */ value) => (element.checked = value ?? field.default ?? false);
  return { element, show };
}

export default /** @type {import("./index.js").WidgetType} */ ({ suits, make });
