/** Text, as tall as it is long. */

import { h } from "../dom.js";

/** @import { Field, Make, TextField, WidgetType } from "../types.d.ts" */

/** @param {Field} field */
const suits = ({ type }) => type === "text";

/** @type {Make<TextField>} */
function make(field, id, change) {
  const element = h("textarea", { id, rows: 1, maxlength: field.maxLength, spellcheck: "false" });
  element.addEventListener("input", () => change(element.value));
  // Setting what is there already would move the caret.
  const show = (/** @type {any} */ value) => {
    const text = value ?? field.default ?? "";
    if (element.value !== text) element.value = text;
  };
  return { element, show };
}

export default /** @type {WidgetType} */ ({ order: 200, suits, make });
