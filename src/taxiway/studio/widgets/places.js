/** A point, a box or landmarks: clicked and dragged in the picture that they are of, or typed. */

import { h } from "../dom.js";
import { drawPlace } from "../drawing.js";
import { jsonBox } from "./json.js";
import { canvasOf, loaded, resize } from "../picking.js";
import { t } from "../words.js";

/** @import { Field, Make, PlacesField, WidgetType } from "../types.d.ts" */

/** @typedef {[number, number]} Point */

const BLANK = { width: 480, height: 320 };
const WANTED = /** @type {Record<string, string>} */ ({
  image_point: "[x, y]",
  image_bounding_box: "[xmin, ymin, xmax, ymax]",
  image_landmarks: "a list of [x, y]",
});

/** @param {Field} field */
const suits = ({ type }) => type in WANTED;

/** @type {Make<PlacesField>} */
function make(field, id, change, reject) {
  const isOptional = field.optional === true;
  let now = isOptional ? null : initialOf(field);
  const { canvas, paint, over } = easel((context, colour) => now && drawPlace(context, field, now, colour));
  const fits = (/** @type {any} */ value) => isOf(field, value);
  const sentence = t("'{name}' takes {wanted}, each from 0 to 1.", { name: field.name, wanted: t(WANTED[field.type]) });
  const box = jsonBox(id, fits, sentence, change, reject);
  dragPlaces(canvas, field, () => now ?? initialOf(field), change);
  const show = (/** @type {any} */ value) => {
    now = value ?? (isOptional ? null : now);
    box.show(now);
    paint();
  };
  const clear = isOptional ? clearButton(() => change(null)) : null;
  const element = h("div", { class: "places-box" }, canvas, box.element, clear);
  return { element, show, over, initial: now, isWide: true };
}

/** What gives nothing again. @param {() => void} act */
export function clearButton(act) {
  const button = h("button", { type: "button", class: "places-clear" }, "Clear");
  button.addEventListener("click", act);
  return button;
}

/**
 * A canvas with the picture that places are in, and what `draw` draws over it.
 * @param {(context: CanvasRenderingContext2D, colour: string) => void} draw
 */
export function easel(draw) {
  const canvas = canvasOf(BLANK.width, BLANK.height, { class: "places" });
  /** @type {HTMLImageElement | null} */
  let ground = null;
  let under = "";
  const paint = () => {
    const { naturalWidth: width, naturalHeight: height } = ground ?? {
      naturalWidth: BLANK.width,
      naturalHeight: BLANK.height,
    };
    if (canvas.width !== width || canvas.height !== height) resize(canvas, width, height);
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    context.clearRect(0, 0, width, height);
    if (ground) context.drawImage(ground, 0, 0);
    draw(context, getComputedStyle(document.documentElement).getPropertyValue("--paint"));
  };
  const over = async (/** @type {string | null} */ picture) => {
    if ((picture ?? "") === under) return;
    under = picture ?? "";
    ground = picture ? await loaded(picture).catch(() => null) : null;
    paint();
  };
  return { canvas, paint, over };
}

/** @param {PlacesField} field @returns {any} */
function initialOf({ type, length = 0 }) {
  if (type === "image_point") return [0.5, 0.5];
  if (type === "image_bounding_box") return [0.25, 0.25, 0.75, 0.75];
  const turn = (/** @type {number} */ k) => (2 * Math.PI * k) / length;
  return Array.from({ length }, (_, k) => [
    rounded(0.5 + 0.3 * Math.sin(turn(k))),
    rounded(0.5 - 0.3 * Math.cos(turn(k))),
  ]);
}

/** @param {PlacesField} field @param {any} value */
function isOf({ type, length }, value) {
  const isList = (/** @type {any} */ list, /** @type {number} */ count) =>
    Array.isArray(list) && list.length === count && list.every(Number.isFinite);
  if (type === "image_point") return isList(value, 2);
  if (type === "image_bounding_box") return isList(value, 4);
  return Array.isArray(value) && value.length === length && value.every((one) => isList(one, 2));
}

/**
 * A point follows the pointer, a box is drawn from corner to corner, the nearest landmark is moved.
 * @param {HTMLCanvasElement} canvas
 * @param {PlacesField} field
 * @param {() => any} now
 * @param {(value: any) => void} change
 */
function dragPlaces(canvas, field, now, change) {
  /** @type {((point: Point) => any) | null} */
  let drag = null;
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    drag = dragFrom(field, pointAt(canvas, event), now());
    if (field.type !== "image_bounding_box") change(drag(pointAt(canvas, event)));
  });
  canvas.addEventListener("pointermove", (event) => {
    const value = drag?.(pointAt(canvas, event));
    if (value) change(value);
  });
  for (const end of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(end, () => (drag = null));
  }
}

/** @param {PlacesField} field @param {Point} start @param {any} before @returns {(point: Point) => any} */
function dragFrom({ type }, start, before) {
  if (type === "image_point") return (point) => point;
  if (type === "image_bounding_box") return (point) => boxOf(start, point);
  const distance = (/** @type {Point} */ [x, y]) => Math.hypot(x - start[0], y - start[1]);
  const distances = before.map(distance);
  const nearest = distances.indexOf(Math.min(...distances));
  return (point) => before.map((/** @type {Point} */ one, /** @type {number} */ k) => (k === nearest ? point : one));
}

/** The box between two corners, null where it has no width or height. @param {Point} a @param {Point} b */
function boxOf([x1, y1], [x2, y2]) {
  const box = [Math.min(x1, x2), Math.min(y1, y2), Math.max(x1, x2), Math.max(y1, y2)];
  return box[0] < box[2] && box[1] < box[3] ? box : null;
}

/** @param {HTMLCanvasElement} canvas @param {PointerEvent} event @returns {Point} */
export function pointAt(canvas, { clientX, clientY }) {
  const { left, top, width, height } = canvas.getBoundingClientRect();
  const within = (/** @type {number} */ value) => rounded(Math.min(1, Math.max(0, value)));
  return [within((clientX - left) / width), within((clientY - top) / height)];
}

/** @param {number} value */
const rounded = (value) => Number(value.toFixed(4));

export default /** @type {WidgetType} */ ({ order: 200, suits, make });
