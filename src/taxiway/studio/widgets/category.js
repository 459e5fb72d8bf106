/** One of a few words: a row of segments, or a list where they are many. */

import { h } from "../dom.js";

const MOST_SEGMENTS = 4;

/** @typedef {import("../store.js").Field} Field */

/** @param {Field} field */
const suits = ({ type }) => type === "category";

/** @param {Field} field @param {string} id @param {(value: any) => void} change */
function make(field, id, change) {
  const build = field.oneOf.length <= MOST_SEGMENTS ? segments : list;
  return build(field, id, change);
}

/** @param {Field} field @param {string} id @param {(value: any) => void} change */
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
    { class: "segments", id, role: "group", "aria-label": field.name },
    ...buttons,
  );
  return { element, show };
}

/** @param {Field} field @param {string} id @param {(value: any) => void} change */
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

export default /** @type {import("./index.js").WidgetType} */ ({ suits, make });
