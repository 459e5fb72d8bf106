/** Boxes as geometry: what is hit, how they are moved and resized, how much two share. */

/** @import { Box } from "./sets.js" */

/**
 * @typedef {[number, number]} Point
 * @typedef {{ width: number, height: number }} Size
 * @typedef {[-1 | 0 | 1, -1 | 0 | 1]} Handle which sides it moves: -1 left or top, 1 right or bottom
 */

/** @type {Handle[]} */
export const HANDLES = [[-1, -1], [1, -1], [-1, 1], [1, 1], [0, -1], [0, 1], [-1, 0], [1, 0]];
/** Pixels of the picture; a box that is drawn is larger. */
export const SMALLEST = 1;
const SAME = 0.7;

/** The box between two corners, within the picture. @param {Point} from @param {Point} to @param {Size} size @param {number} kind @returns {Box} */
export function between(from, to, { width, height }, kind) {
  const inside = (/** @type {number} */ value, /** @type {number} */ most) => Math.min(Math.max(value, 0), most);
  const [x0, x1] = [from[0], to[0]].map((x) => inside(x, width)).sort((a, b) => a - b);
  const [y0, y1] = [from[1], to[1]].map((y) => inside(y, height)).sort((a, b) => a - b);
  return [x0, y0, x1 - x0, y1 - y0, kind];
}

/** @param {Box} box @param {number} dx @param {number} dy @param {Size} size @returns {Box} */
export function moved([x, y, w, h, kind], dx, dy, size) {
  const left = Math.min(Math.max(x + dx, 0), size.width - w);
  const top = Math.min(Math.max(y + dy, 0), size.height - h);
  return [left, top, w, h, kind];
}

/** @param {Box} box @param {Handle} handle @param {number} dx @param {number} dy @param {Size} size @returns {Box} */
export function resized([x, y, w, h, kind], [across, down], dx, dy, size) {
  const from = /** @type {Point} */ ([x + (across < 0 ? dx : 0), y + (down < 0 ? dy : 0)]);
  const to = /** @type {Point} */ ([x + w + (across > 0 ? dx : 0), y + h + (down > 0 ? dy : 0)]);
  const box = between(from, to, size, kind);
  return box[2] < SMALLEST || box[3] < SMALLEST ? [x, y, w, h, kind] : box;
}

/** Where a handle is. @param {Box} box @param {Handle} handle @returns {Point} */
export function handleAt([x, y, w, h], [across, down]) {
  return [x + (w * (across + 1)) / 2, y + (h * (down + 1)) / 2];
}

/** The handle at a point, if there is one. @param {Box} box @param {Point} point @param {number} reach */
export function handleHit(box, point, reach) {
  return HANDLES.find((handle) => {
    const [x, y] = handleAt(box, handle);
    return Math.abs(x - point[0]) <= reach && Math.abs(y - point[1]) <= reach;
  });
}

/** Whether a point is in a box. @param {Box} box @param {Point} point */
export const isIn = ([x, y, w, h], [px, py]) => px >= x && py >= y && px <= x + w && py <= y + h;

/** Whether a point is on the line around a box. @param {Box} box @param {Point} point @param {number} reach */
export function isOnLine([x, y, w, h, kind], point, reach) {
  const out = /** @type {Box} */ ([x - reach, y - reach, w + 2 * reach, h + 2 * reach, kind]);
  const within = /** @type {Box} */ ([x + reach, y + reach, w - 2 * reach, h - 2 * reach, kind]);
  return isIn(out, point) && !isIn(within, point);
}

/** The number of the smallest box that `hits`; -1 for none. @param {Box[]} boxes @param {(box: Box) => boolean} hits */
export function smallest(boxes, hits) {
  let found = -1;
  boxes.forEach((box, k) => {
    if (hits(box) && (found < 0 || box[2] * box[3] < boxes[found][2] * boxes[found][3])) found = k;
  });
  return found;
}

/** What two boxes share of what they cover together. @param {Box} a @param {Box} b */
export function overlap(a, b) {
  const across = Math.min(a[0] + a[2], b[0] + b[2]) - Math.max(a[0], b[0]);
  const down = Math.min(a[1] + a[3], b[1] + b[3]) - Math.max(a[1], b[1]);
  const shared = Math.max(across, 0) * Math.max(down, 0);
  return shared / (a[2] * a[3] + b[2] * b[3] - shared || 1);
}

/** Those of `more` that are not there yet. @param {Box[]} boxes @param {Box[]} more */
export function unknown(boxes, more) {
  return more.filter((box) => !boxes.some((other) => other[4] === box[4] && overlap(other, box) >= SAME));
}
