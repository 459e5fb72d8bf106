/** A map of labels: painted in their colours with a brush, filled, or taken from a file. */

import { h } from "../dom.js";
import { BRUSH, Easel } from "../segmentation/easel.js";
import { chooseFile, pictureIn } from "../picking.js";

/** @import { Field, Make, SegmentationField, WidgetType } from "../types.d.ts" */

/** @param {Field} field */
const suits = ({ type }) => type === "segmentation";

/** @type {Make<SegmentationField>} */
function make(field, id, change, reject) {
  const easel = new Easel(field, change);
  const take = async (/** @type {File} */ file) => {
    await pictureIn(file).then((uri) => easel.load(uri), (error) => reject(error.message));
  };
  const button = (/** @type {string} */ text, /** @type {() => void} */ act) =>
    h("button", { type: "button", onclick: act }, text);
  const tools = h(
    "div",
    { class: "row" },
    brushSlider(easel),
    fillButton(easel),
    button("Clear", () => easel.clear()),
    button("Upload", () => chooseFile(take, "image/*")),
  );
  easel.canvas.id = id;
  const element = h("div", { class: "segmentation" }, easel.canvas, labelButtons(field, easel), tools);
  const show = (/** @type {any} */ value) => easel.show(value);
  return { element, show, take, initial: easel.value, isWide: true };
}

/** @param {SegmentationField} field @param {Easel} easel */
function labelButtons(field, easel) {
  const buttons = field.labels.map((/** @type {string} */ label) => {
    const swatch = h("span", { class: "swatch" });
    swatch.style.background = `rgb(${field.labelToColor[label].join(" ")})`;
    const button = h("button", { type: "button", "aria-pressed": label === easel.label }, swatch, label);
    button.addEventListener("click", () => {
      easel.label = label;
      for (const other of buttons) other.setAttribute("aria-pressed", String(other === button));
    });
    return button;
  });
  return h("div", { class: "labels", role: "group", "aria-label": "Labels" }, ...buttons);
}

/** @param {Easel} easel */
function brushSlider(easel) {
  const slider = h("input", { type: "range", "aria-label": "Brush size", title: "Brush size", ...BRUSH });
  slider.addEventListener("input", () => (easel.radius = Number(slider.value) / 2));
  return slider;
}

/** @param {Easel} easel */
function fillButton(easel) {
  const button = h("button", { type: "button", "aria-pressed": false }, "Fill");
  button.addEventListener("click", () => {
    easel.fills = !easel.fills;
    button.setAttribute("aria-pressed", String(easel.fills));
  });
  return button;
}

export default /** @type {WidgetType} */ ({ order: 200, suits, make });
