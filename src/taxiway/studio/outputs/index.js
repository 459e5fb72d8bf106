/**
 * The views of outputs: pictures, text, labels and places over the picture they are in, else JSON.
 *
 * @typedef {object} View
 * @property {HTMLElement} element
 * @property {(outputs: Record<string, any>) => void} show
 */

import { isPicture, placesIn, title } from "../declaration.js";
import { copyFrom, h } from "../dom.js";
import { isMask, masksView } from "./masks.js";
import { placesView } from "./places.js";

/** @import { Declaration, Field, Studio } from "../types.d.ts" */

/**
 * @param {Declaration} declaration
 * @param {Studio} studio
 * @returns {View[]}
 */
export function makeViews(declaration, studio) {
  const views = declaration.outputs.map((field, k) =>
    once(viewOf(field, declaration, studio), field, declaration.outputs.slice(0, k)),
  );
  const isOfPlaces = declaration.outputs.some((field) => placesIn(field));
  const isToBeDrawn = isOfPlaces && !isGivenBack(declaration);
  return isToBeDrawn ? [placesView(declaration, studio.store), ...views] : views;
}

/** Whether the model gives the picture that it takes back, with what it found drawn over it. @param {Declaration} declaration */
function isGivenBack({ inputs, outputs }) {
  const asked = inputs.find((field) => isPicture(field));
  return outputs.some((field) => isPicture(field) && field.name === asked?.name);
}

/** @param {Field} field @param {Declaration} declaration @param {Studio} studio @returns {View} */
function viewOf(field, declaration, studio) {
  if (isMask(field)) return masksView(field, declaration, studio);
  if (isPicture(field)) return pictureView(field, studio);
  return field.type === "text" ? textView(field) : dataView(field);
}

/** A view of what is not above already: sketches of each age read the same by other names. @param {View} view @param {Field} field @param {Field[]} before @returns {View} */
function once({ element, show }, { name }, before) {
  const isSame = (/** @type {any} */ one, /** @type {any} */ other) =>
    one === other || (typeof one === "object" && JSON.stringify(one) === JSON.stringify(other));
  return {
    element,
    show(outputs) {
      show(outputs);
      element.hidden = before.some((other) => outputs[other.name] && isSame(outputs[name], outputs[other.name]));
    },
  };
}

/** @param {Field} field @param {Studio} studio @returns {View} */
function pictureView({ name }, { files }) {
  const picture = h("img", { alt: title(name) });
  const save = h("button", { type: "button", class: "copy" }, "Save");
  save.addEventListener("click", () => files.savePicture(name, picture.src));
  return {
    element: output(name, "output-picture", picture, save),
    show: (outputs) => (picture.src = outputs[name] ?? ""),
  };
}

/** @param {Field} field @returns {View} */
function textView({ name }) {
  const text = h("p", { class: "output-words" });
  const element = output(name, "output-text", text, copyButton(text));
  return { element, show: (outputs) => (text.textContent = outputs[name] ?? "") };
}

/** @param {Field} field @returns {View} */
function dataView({ name }) {
  const text = h("pre", { tabindex: 0 });
  return {
    element: output(name, "output-data", text, copyButton(text)),
    show: (outputs) => (text.textContent = written(outputs[name])),
  };
}

/** JSON that a person reads: whatever is short on one line. @param {any} value @returns {string} */
function written(value, indent = "") {
  const short = JSON.stringify(value);
  if (short === undefined || short.length < 60 || typeof value !== "object") return short ?? "";
  const inner = `${indent} `;
  const parts = Array.isArray(value)
    ? value.map((each) => written(each, inner))
    : Object.entries(value).map(([key, each]) => `${JSON.stringify(key)}: ${written(each, inner)}`);
  const [opens, closes] = Array.isArray(value) ? "[]" : "{}";
  return `${opens}\n${inner}${parts.join(`,\n${inner}`)}\n${indent}${closes}`;
}

/** @param {HTMLElement} text */
function copyButton(text) {
  const button = h("button", { type: "button", class: "copy" }, "Copy");
  button.addEventListener("click", () => copyFrom(button, text.textContent ?? ""));
  return button;
}

/** @param {string} name @param {string} kind @param {HTMLElement} content @param {HTMLElement} button */
function output(name, kind, content, button) {
  const head = h("div", { class: "block-head" }, h("h3", {}, title(name)), button);
  return h("section", { class: `output ${kind}`, id: `output-${name}` }, head, content);
}
