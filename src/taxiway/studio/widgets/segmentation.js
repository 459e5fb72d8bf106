/** A map of labels: painted in their colours with a brush, filled, or taken from a file. */

import { h } from "../dom.js";
import { BRUSH, Easel, offered } from "../segmentation/easel.js";
import { chooseFile, pictureIn } from "../picking.js";
import { t } from "../words.js";

/** @import { Field, Make, SegmentationField, WidgetType } from "../types.d.ts" */

const SIZES = [12, 32, 80];

/** @param {Field} field */
const suits = ({ type }) => type === "segmentation";

/** @type {Make<SegmentationField>} */
function make(field, id, change, reject) {
  const easel = new Easel(field, change);
  const load = (/** @type {string} */ uri) => easel.load(uri);
  const take = async (/** @type {File} */ file) => {
    const unread = () => reject(t("'{file}' is no picture that this browser can read.", { file: file.name }));
    await pictureIn(file).then(load).catch(unread);
  };
  easel.canvas.id = id;
  const element = h(
    "div",
    { class: "segmentation" },
    labelButtons(field, easel),
    easel.element,
    brushLine(easel),
    h(
      "div",
      { class: "row" },
      fillButton(easel),
      undoButton(easel),
      button("Empty", () => easel.clear(), t("All of it {label}", { label: field.defaultLabel })),
      field.default ? button("Example", () => load(field.default), "A map to start from") : null,
      button("Upload", () => chooseFile(take, "image/*"), "A picture in the labels' colours"),
    ),
  );
  const show = (/** @type {any} */ value) => easel.show(value);
  return { element, show, take, initial: field.default ?? easel.value, isWide: true };
}

/** @param {string} text @param {() => void} act @param {string} [title] */
function button(text, act, title) {
  return h("button", { type: "button", title, onclick: act }, text);
}

/** @param {SegmentationField} field @param {Easel} easel */
function labelButtons(field, easel) {
  const group = h("div", { class: "labels", role: "group", "aria-label": "Labels" });
  const choose = (/** @type {string} */ label) => {
    easel.label = label;
    for (const each of group.querySelectorAll("button")) {
      each.setAttribute("aria-pressed", String(each.dataset.label === label));
    }
  };
  const add = (/** @type {string} */ label) => {
    const swatch = h("span", { class: "swatch" });
    swatch.style.background = `rgb(${field.labelToColor[label].join(" ")})`;
    const pressed = label === easel.label;
    const chip = h("button", { type: "button", "aria-pressed": pressed, "data-label": label }, swatch, label);
    chip.addEventListener("click", () => choose(label));
    return chip;
  };
  const labels = offered(field);
  group.append(...labels.map(add));
  const others = field.labels.filter((label) => !labels.includes(label)).sort();
  if (others.length) group.append(otherLabels(others, (label) => {
    if (!group.querySelector(`[data-label="${CSS.escape(label)}"]`)) group.lastElementChild?.before(add(label));
    choose(label);
  }));
  return group;
}

/** The labels that are seldom wanted. @param {string[]} labels @param {(label: string) => void} choose */
function otherLabels(labels, choose) {
  const options = labels.map((label) => h("option", { value: label }, label));
  const select = h("select", { "aria-label": "Other labels" }, h("option", { value: "" }, t("{n} more", { n: labels.length })), ...options);
  select.addEventListener("change", () => {
    if (select.value) choose(select.value);
    select.value = "";
  });
  return select;
}

/** @param {Easel} easel */
function brushLine(easel) {
  const slider = h("input", { type: "range", "aria-label": "Brush size", title: "Brush size", ...BRUSH });
  slider.addEventListener("input", () => (easel.diameter = Number(slider.value)));
  const dots = SIZES.map((size) => {
    const dot = h("span", { class: "brush-dot" });
    dot.style.setProperty("--size", `${4 + size / 6}px`);
    const set = () => (easel.diameter = size);
    return h("button", { type: "button", "aria-label": t("Brush of {size}", { size }), "data-size": size, onclick: set }, dot);
  });
  const show = () => {
    slider.value = String(easel.diameter);
    for (const dot of dots) dot.setAttribute("aria-pressed", String(Number(dot.dataset.size) === easel.diameter));
  };
  easel.addEventListener("brush", show);
  show();
  return h("div", { class: "row brushes" }, ...dots, slider);
}

/** @param {Easel} easel */
function fillButton(easel) {
  const fill = h("button", { type: "button", "aria-pressed": false, title: "Fill what is of one label" }, "Fill");
  fill.addEventListener("click", () => {
    easel.fills = !easel.fills;
    fill.setAttribute("aria-pressed", String(easel.fills));
  });
  return fill;
}

/** @param {Easel} easel */
function undoButton(easel) {
  const undo = button("Undo", () => easel.undo(), "Take the last stroke back");
  const show = () => (undo.disabled = !easel.canUndo);
  easel.addEventListener("past", show);
  show();
  return undo;
}

export default /** @type {WidgetType} */ ({ order: 200, suits, make });
