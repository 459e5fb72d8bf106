/** Points, boxes and landmarks, drawn into a picture; numbers from 0 to 1 across and down. */

/** @import { PlacesField } from "./types.d.ts" */

const DOT = 0.012;

/**
 * @param {CanvasRenderingContext2D} context
 * @param {PlacesField} field an image_point, image_bounding_box or image_landmarks
 * @param {any} value
 * @param {string} colour
 */
export function drawPlace(context, field, value, colour) {
  const { width, height } = context.canvas;
  const size = Math.max(width, height);
  Object.assign(context, { strokeStyle: colour, fillStyle: colour, lineWidth: size * 0.005 });
  const at = (/** @type {number[]} */ [x, y]) =>
    /** @type {[number, number]} */ ([x * width, y * height]);
  if (field.type === "image_bounding_box") {
    const [left, top, right, bottom] = [...at(value.slice(0, 2)), ...at(value.slice(2))];
    context.strokeRect(left, top, right - left, bottom - top);
    return;
  }
  const points = field.type === "image_point" ? [value] : value;
  drawConnections(context, field, points.map(at));
  for (const point of points) dot(context, at(point), size * DOT);
}

/** @param {CanvasRenderingContext2D} context @param {PlacesField} field @param {[number, number][]} points */
function drawConnections(context, { labels = [], connections = [] }, points) {
  for (const [from, to] of connections) {
    const [start, end] = [points[labels.indexOf(from)], points[labels.indexOf(to)]];
    if (!start || !end) continue;
    context.beginPath();
    context.moveTo(...start);
    context.lineTo(...end);
    context.stroke();
  }
}

/** @param {CanvasRenderingContext2D} context @param {[number, number]} point @param {number} radius */
function dot(context, point, radius) {
  context.beginPath();
  context.arc(...point, radius, 0, 2 * Math.PI);
  context.fill();
}
