/**
 * Whether the model becomes slower while it is played: a line of medians beside the figure of now.
 *
 * A median over everything hides a slope; one for each five seconds shows it.
 */

import { h } from "../dom.js";
import { number, t } from "../words.js";

/** @import { Studio } from "../types.d.ts" */

const PART_MS = 5000;
/** Five minutes. */
const MOST = 60;
const LEAST = 3;
const SIZE = { width: 90, height: 16 };

/** Medians of what was measured, one for each five seconds in which something was. */
export class Drift {
  /** @type {number[]} */
  medians = [];
  /** @type {number[]} */
  #part = [];
  #began = -Infinity;

  /** Whether a median was added. @param {number} now ms @param {number} value */
  note(now, value) {
    const isOver = now - this.#began >= PART_MS;
    const hasMore = isOver && this.#part.length > 0;
    if (hasMore) {
      const sorted = this.#part.sort((a, b) => a - b);
      this.medians = [...this.medians, sorted[sorted.length >> 1]].slice(-MOST);
    }
    if (isOver) [this.#part, this.#began] = [[], now];
    this.#part.push(value);
    return hasMore;
  }
}

/** @param {Studio["store"]} store */
export function makeDrift(store) {
  const ratio = devicePixelRatio || 1;
  const canvas = h("canvas", {
    class: "drift",
    role: "img",
    width: SIZE.width * ratio,
    height: SIZE.height * ratio,
    hidden: true,
  });
  const drift = new Drift();
  store.addEventListener("picture", () => {
    const took = store.get("picture")?.renderMs ?? 0;
    if (took === 0 || !drift.note(performance.now(), took)) return;
    canvas.hidden = drift.medians.length < LEAST;
    draw(canvas, drift.medians, ratio);
    canvas.title = sentence(drift.medians);
    canvas.setAttribute("aria-label", canvas.title);
  });
  return canvas;
}

/** @param {number[]} medians */
function sentence(medians) {
  const seconds = (medians.length * PART_MS) / 1000;
  const time = seconds < 90 ? t("{n} seconds", { n: seconds }) : t("{n} minutes", { n: Math.round(seconds / 60) });
  const [first, last] = [medians[0], medians[medians.length - 1]].map((ms) => number(ms, 1));
  return t("Time in the model over the last {time} of playing: from {first} to {last} ms", { time, first, last });
}

/** The line, 0 at the bottom. @param {HTMLCanvasElement} canvas @param {number[]} medians @param {number} ratio */
function draw(canvas, medians, ratio) {
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const { width, height } = canvas;
  const most = Math.max(...medians) * 1.1;
  context.clearRect(0, 0, width, height);
  context.strokeStyle = getComputedStyle(canvas).color;
  context.lineWidth = 1.5 * ratio;
  context.beginPath();
  medians.forEach((value, k) => {
    const x = (k / (medians.length - 1)) * (width - 2 * ratio) + ratio;
    const y = height - ratio - (value / most) * (height - 2 * ratio);
    if (k) context.lineTo(x, y);
    else context.moveTo(x, y);
  });
  context.stroke();
}
