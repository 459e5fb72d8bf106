/** Text, as tall as it is long. */

import { h } from "../dom.js";

/** @typedef {import("../store.js").Field} Field */

/** @param {Field} field */
const suits = ({ type }) => type === "text";

/** @param {Field} field @param {string} id @param {(value: any) => void} change */
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

export default /** @type {import("./index.js").WidgetType} */ ({ suits, make });
