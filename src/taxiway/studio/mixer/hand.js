/** Playing the faders: pointers draw, keys step. */

import { RANGE } from "./faders.js";
import { strokeTo } from "./stroke.js";

/** @typedef {import("./faders.js").Faders} Faders */
/** @typedef {import("./stroke.js").Point} Point */

const STEP = 0.05;
const COARSE_STEP = 0.5;
const COARSE_MOVE = 16;

/**
 * @typedef {object} Player what the hand plays
 * @property {Faders} faders
 * @property {() => Float32Array} vector
 * @property {import("../session.js").Session} session
 * @property {() => void} moved called when the cursor went elsewhere
 */

/**
 * Pointers, several at a time, draw on the canvas; one gesture is one step of undo.
 * @param {HTMLCanvasElement} canvas
 * @param {Player} player
 */
export function drawByPointer(canvas, player) {
  /** @type {Map<number, Point>} */
  const pointers = new Map();

  const follow = (/** @type {PointerEvent} */ event) => {
    for (const sample of samplesOf(event)) {
      const point = player.faders.pointAt(sample);
      const from = pointers.get(event.pointerId) ?? point;
      player.session.draw((vector) => strokeTo(vector, from, point));
      pointers.set(event.pointerId, point);
      player.faders.cursor = point.index;
    }
    player.moved();
  };
  const lift = (/** @type {PointerEvent} */ event) => pointers.delete(event.pointerId);

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    if (!pointers.size) player.session.beginDrawing();
    follow(event);
  });
  canvas.addEventListener("pointermove", (event) => pointers.has(event.pointerId) && follow(event));
  canvas.addEventListener("pointerup", lift);
  canvas.addEventListener("pointercancel", lift);
}

/** Every sample the browser gathered into one event, oldest first. @param {PointerEvent} event */
function samplesOf(event) {
  const gathered = event.getCoalescedEvents?.() ?? [];
  return gathered.length ? gathered : [event];
}

/**
 * Arrows move the cursor and change the value, as on any slider.
 * @param {HTMLCanvasElement} canvas
 * @param {Player} player
 */
export function playByKeys(canvas, player) {
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (moveCursor(player, event) || changeValue(player, event)) {
      event.preventDefault();
      event.stopPropagation();
      player.moved();
    }
  });
}

/** @param {Player} player @param {KeyboardEvent} event */
function moveCursor({ faders, vector }, event) {
  const last = vector().length - 1;
  const far = event.shiftKey ? COARSE_MOVE : 1;
  const goals = /** @type {Record<string, number>} */ ({
    ArrowLeft: faders.cursor - far,
    ArrowRight: faders.cursor + far,
    PageDown: faders.cursor + 4 * COARSE_MOVE,
    PageUp: faders.cursor - 4 * COARSE_MOVE,
    Home: 0,
    End: last,
  });
  if (!(event.key in goals)) return false;
  faders.cursor = Math.max(0, Math.min(last, goals[event.key]));
  return true;
}

/** @param {Player} player @param {KeyboardEvent} event */
function changeValue({ faders, vector, session }, event) {
  const step = event.shiftKey ? COARSE_STEP : STEP;
  const value = vector()[faders.cursor];
  const goals = /** @type {Record<string, number>} */ ({
    ArrowUp: value + step,
    ArrowDown: value - step,
    0: 0,
    Delete: 0,
  });
  if (!(event.key in goals)) return false;
  const goal = Math.max(-RANGE, Math.min(RANGE, goals[event.key]));
  session.edit((v) => (v[faders.cursor] = goal), `fader ${faders.cursor}`);
  return true;
}
