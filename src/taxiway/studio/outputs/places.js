/** Points, boxes and landmarks among the outputs, drawn over the picture that was asked about. */

import { isPicture, placesIn } from "../declaration.js";
import { drawPlace } from "../drawing.js";
import { h } from "../dom.js";
import { canvasOf, loaded } from "../picking.js";

/** @import { Declaration } from "../types.d.ts" */

const BLANK = { width: 480, height: 320 };
const COLOURS = ["#ffcf4a", "#52e08c", "#6ea8ff", "#ff7a70", "#d58cff", "#5ee0e0"];

/**
 * @param {Declaration} declaration
 * @param {import("../store.js").Store} store
 * @returns {import("./index.js").View}
 */
export function placesView(declaration, store) {
  const canvas = canvasOf(BLANK.width, BLANK.height, { role: "img", "aria-label": "Where it is" });
  const asked = declaration.inputs.find((field) => isPicture(field));
  let newest = 0;
  const show = async (/** @type {Record<string, any>} */ outputs) => {
    const turn = ++newest;
    const uri = asked && store.get("form")[asked.name];
    const picture = uri ? await loaded(uri).catch(() => null) : null;
    if (turn === newest) paint(canvas, picture, declaration, outputs);
  };
  const element = h("section", { class: "output output-picture", id: "output-places" }, canvas);
  return { element, show };
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {HTMLImageElement | null} picture
 * @param {Declaration} declaration
 * @param {Record<string, any>} outputs
 */
function paint(canvas, picture, declaration, outputs) {
  const width = picture?.naturalWidth ?? BLANK.width;
  const height = picture?.naturalHeight ?? BLANK.height;
  Object.assign(canvas, { width, height });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  if (picture) context.drawImage(picture, 0, 0);
  const names = namesOf(declaration, outputs);
  for (const field of declaration.outputs) {
    const kind = placesIn(field);
    const value = outputs[field.name];
    if (!kind || !Array.isArray(value)) continue;
    const places = kind === field ? [value] : value;
    places.forEach((/** @type {any} */ place, /** @type {number} */ k) => {
      drawPlace(context, kind, place, COLOURS[k % COLOURS.length]);
      if (names?.length === places.length) write(context, place.flat(), names[k]);
    });
  }
}

/** A list of text among the outputs, which names what was found. @param {Declaration} declaration @param {Record<string, any>} outputs */
function namesOf({ outputs: fields }, outputs) {
  const words = ["text", "category"];
  const field = fields.find((one) => one.type === "array" && words.includes(one.itemType.type));
  return field ? outputs[field.name] : null;
}

/** @param {CanvasRenderingContext2D} context @param {number[]} place @param {string} name */
function write(context, [x, y], name) {
  const { width, height } = context.canvas;
  const size = Math.max(12, width / 40);
  context.font = `600 ${size}px system-ui, sans-serif`;
  context.fillText(String(name), x * width, Math.max(size, y * height - size / 3));
}
