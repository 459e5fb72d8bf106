/** Wandering over the map by hand: drag with inertia, wheel and pinch, and a click that selects. */

import { wantsLessMotion } from "../pace.js";

/** @typedef {import("./view.js").View} View */
/** @typedef {{ left: number, top: number, time: number }} Touch */

const CLICK_PIXELS = 6;
const COAST_MS = 300;
const SLOWEST = 0.02;
const WHEEL = 0.0022;
const WHEEL_PINCH = 0.012;

/**
 * @param {HTMLElement} surface
 * @param {View} view moved in place
 * @param {{ moved: () => void, clicked: (point: { x: number, y: number }) => void }} tell
 */
export function wanderByHand(surface, view, tell) {
  /** @type {Map<number, Touch>} */
  const touches = new Map();
  let travelled = 0;
  let speed = { x: 0, y: 0 };

  surface.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    surface.setPointerCapture(event.pointerId);
    touches.set(event.pointerId, touchOf(surface, event));
    if (touches.size === 1) travelled = 0;
    speed = { x: 0, y: 0 };
  });

  surface.addEventListener("pointermove", (event) => {
    const before = touches.get(event.pointerId);
    if (!before) return;
    const now = touchOf(surface, event);
    const others = [...touches.entries()].filter(([id]) => id !== event.pointerId);
    touches.set(event.pointerId, now);
    if (others.length) pinch(view, before, now, others[0][1]);
    else view.pan(now.left - before.left, now.top - before.top);
    travelled += Math.hypot(now.left - before.left, now.top - before.top);
    speed = blend(speed, before, now);
    tell.moved();
  });

  const lift = (/** @type {PointerEvent} */ event) => {
    const last = touches.get(event.pointerId);
    if (!last || !touches.delete(event.pointerId) || touches.size) return;
    if (travelled < CLICK_PIXELS) tell.clicked(view.toField(last.left, last.top));
    else if (event.timeStamp - last.time < 60) coast(view, () => speed, tell.moved);
  };
  surface.addEventListener("pointerup", lift);
  surface.addEventListener("pointercancel", (event) => touches.delete(event.pointerId));

  surface.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const { left, top } = touchOf(surface, event);
      view.zoomBy(-event.deltaY * (event.ctrlKey ? WHEEL_PINCH : WHEEL), left, top);
      tell.moved();
    },
    { passive: false },
  );
}

/** @param {HTMLElement} surface @param {MouseEvent} event @returns {Touch} */
function touchOf(surface, event) {
  const box = surface.getBoundingClientRect();
  return { left: event.clientX - box.left, top: event.clientY - box.top, time: event.timeStamp };
}

/** @param {View} view @param {Touch} before @param {Touch} now @param {Touch} other */
function pinch(view, before, now, other) {
  const distance = (/** @type {Touch} */ touch) =>
    Math.max(1, Math.hypot(touch.left - other.left, touch.top - other.top));
  view.pan((now.left - before.left) / 2, (now.top - before.top) / 2);
  const middle = [(now.left + other.left) / 2, (now.top + other.top) / 2];
  view.zoomBy(Math.log2(distance(now) / distance(before)), ...middle);
}

/** Pixels per ms, smoothed. @param {{x: number, y: number}} speed @param {Touch} from @param {Touch} to */
function blend(speed, from, to) {
  const elapsed = Math.max(1, to.time - from.time);
  return {
    x: 0.5 * speed.x + (0.5 * (to.left - from.left)) / elapsed,
    y: 0.5 * speed.y + (0.5 * (to.top - from.top)) / elapsed,
  };
}

/**
 * Go on by inertia until it is slow; a new touch sets `speedNow` to zero, which ends it too.
 * @param {View} view
 * @param {() => { x: number, y: number }} speedNow
 * @param {() => void} moved
 */
function coast(view, speedNow, moved) {
  if (wantsLessMotion()) return;
  let last = performance.now();
  const started = last;
  const glide = (/** @type {number} */ time) => {
    const faded = Math.exp(-(time - started) / COAST_MS);
    const { x, y } = speedNow();
    if (Math.hypot(x, y) * faded < SLOWEST) return;
    view.pan(x * faded * (time - last), y * faded * (time - last));
    last = time;
    moved();
    requestAnimationFrame(glide);
  };
  requestAnimationFrame(glide);
}
