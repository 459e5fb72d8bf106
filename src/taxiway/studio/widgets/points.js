/** Any number of points: a click in the picture adds one, a click at one takes it away. */

import { h } from "../dom.js";
import { drawPlace } from "../drawing.js";
import { jsonBox } from "./json.js";
import { clearButton, easel, pointAt } from "./places.js";
import { t } from "../words.js";

/** @import { ArrayField, Field, Make, WidgetType } from "../types.d.ts" */
/** @import { Point } from "./places.js" */

/** Of the picture's width: how near a click is to a point that it takes away. */
const NEAR = 0.025;

/** @param {Field} field */
const suits = (field) => field.type === "array" && field.itemType.type === "image_point";

/** @type {Make<ArrayField>} */
function make(field, id, change, reject) {
  /** @type {Point[]} */
  let now = [];
  const { canvas, paint, over } = easel((context, colour) => {
    const points = /** @type {any} */ ({ ...field.itemType, type: "image_landmarks" });
    drawPlace(context, points, now, colour);
  });
  const sentence = t("'{name}' takes {wanted}, each from 0 to 1.", { name: field.name, wanted: t("a list of [x, y]") });
  const box = jsonBox(id, isPoints, sentence, change, reject);
  canvas.addEventListener("pointerdown", (event) => {
    const point = pointAt(canvas, event);
    const others = now.filter(([x, y]) => Math.hypot(x - point[0], y - point[1]) > NEAR);
    change(others.length < now.length ? others : [...now, point]);
  });
  const show = (/** @type {any} */ value) => {
    now = isPoints(value) ? value : [];
    box.show(now.length ? now : null);
    paint();
  };
  const element = h("div", { class: "places-box" }, canvas, box.element, clearButton(() => change([])));
  return { element, show, over, initial: [], isWide: true };
}

/** @param {any} value @returns {value is Point[]} */
function isPoints(value) {
  const isPoint = (/** @type {any} */ one) => Array.isArray(one) && one.length === 2 && one.every(Number.isFinite);
  return Array.isArray(value) && value.every(isPoint);
}

export default /** @type {WidgetType} */ ({ order: 150, suits, make });
