/** One of a few words: a row of segments, or a list where they are many. */

import { title } from "../declaration.js";
import { h } from "../dom.js";

/** @import { CategoryField, Field, Make, WidgetType } from "../types.d.ts" */

const MOST_SEGMENTS = 4;
/** Of all segments together, so that they fit beside their name. */
const MOST_LETTERS = 16;

/** @param {Field} field */
const suits = ({ type }) => type === "category";

/** @type {Make<CategoryField>} */
function make(field, id, change) {
  const fits = field.oneOf.length <= MOST_SEGMENTS && field.oneOf.join("").length <= MOST_LETTERS;
  const build = fits ? segments : list;
  return build(field, id, change);
}

/** @param {CategoryField} field @param {string} id @param {(value: any) => void} change */
function segments(field, id, change) {
  const buttons = field.oneOf.map((/** @type {string} */ choice) =>
    h("button", { type: "button", onclick: () => change(choice) }, choice),
  );
  const show = (/** @type {any} */ value) => {
    const chosen = value ?? field.default;
    buttons.forEach((/** @type {HTMLElement} */ button, /** @type {number} */ k) =>
      button.setAttribute("aria-pressed", String(field.oneOf[k] === chosen)),
    );
  };
  const element = h(
    "div",
    { class: "segments", id, role: "group", "aria-label": title(field.name) },
    ...buttons,
  );
  return { element, show };
}

/** @param {CategoryField} field @param {string} id @param {(value: any) => void} change */
function list(field, id, change) {
  const element = h(
    "select",
    { id },
    ...field.oneOf.map((/** @type {string} */ choice) => h("option", {}, choice)),
  );
  element.addEventListener("change", () => change(element.value));
  const show = (/** @type {any} */ value) => (element.value = value ?? field.default);
  return { element, show };
}

export default /** @type {WidgetType} */ ({ order: 200, suits, make });
