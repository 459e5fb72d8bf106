/** True or false: a switch. */

import { h } from "../dom.js";

/** @import { BooleanField, Field, Make, WidgetType } from "../types.d.ts" */

/** @param {Field} field */
const suits = ({ type }) => type === "boolean";

/** @type {Make<BooleanField>} */
function make(field, id, change) {
  const element = h("input", { type: "checkbox", role: "switch", class: "switch", id });
  element.addEventListener("change", () => change(element.checked));
  const show = (/** @type {any} */ value) => (element.checked = value ?? field.default ?? false);
  return { element, show };
}

export default /** @type {WidgetType} */ ({ order: 200, suits, make });
