/** The keys of the timeline in lines: shown by a press, with the time and the way to come there. */

import { h } from "../dom.js";
import { t } from "../words.js";
import { showPicture } from "./pictures.js";

/** @import { Presets, Studio } from "../types.d.ts" */

/** @typedef {Presets["timeline"]} Timeline */

const LEAST = 0.05;
const MOST = 3600;

/** The list, and what shows a timeline in it. @param {Studio} studio @param {string[]} curves */
export function makeKeys(studio, curves) {
  const list = h("ol", { class: "timeline-keys" });
  /** @type {ReturnType<typeof makeKey>[]} */
  const lines = [];
  const show = (/** @type {Timeline} */ timeline) => {
    while (lines.length < timeline.keys.length) {
      lines.push(makeKey(studio, lines.length, curves));
      list.append(lines[lines.length - 1].element);
    }
    while (lines.length > timeline.keys.length) lines.pop()?.element.remove();
    lines.forEach(({ show }) => show(timeline));
  };
  return { list, show };
}

/** Lines stay where a hand is in them; only what they show changes. @param {Studio} studio @param {number} k @param {string[]} curves */
function makeKey({ store, session, connection }, k, curves) {
  const n = k + 1;
  const key = () => store.get("presets").timeline.keys[k];
  const change = (/** @type {Record<string, any>} */ values) => session.perform("timeline/key", { key: n, ...values });
  const image = h("img", { alt: "" });
  const words = t("Show key {n}", { n });
  const there = h("button", { type: "button", class: "key-picture", "aria-label": words, title: words }, image);
  there.addEventListener("click", () => session.perform("timeline/scrub", { at: timeOf(store.get("presets").timeline, k) }, ""));
  const seconds = h("input", { type: "number", class: "figure", min: LEAST, max: MOST, step: 0.5, "aria-label": t("Seconds to key {n}", { n }) });
  let isTyped = false;
  seconds.addEventListener("input", () => (isTyped = true));
  seconds.addEventListener("change", () => {
    isTyped = false;
    const wanted = Number(seconds.value) || (seconds.value === "" ? key().seconds : LEAST);
    seconds.value = String(Math.min(Math.max(wanted, LEAST), MOST));
    change({ seconds: Number(seconds.value) });
  });
  const curve = h("select", { "aria-label": t("Curve to key {n}", { n }) }, ...curves.map((name) => h("option", {}, name)));
  curve.addEventListener("change", () => change({ curve: curve.value }));
  const begins = h("span", { class: "hint key-begins" }, "It begins here");
  const earlier = h("button", { type: "button", class: "quiet", title: "Earlier", "aria-label": t("Key {n} earlier", { n }) }, "↑");
  earlier.hidden = k === 0;
  earlier.addEventListener("click", () => session.perform("timeline/move", { key: n, to: k }));
  const away = h("button", { type: "button", class: "quiet", title: "Take away", "aria-label": t("Take key {n} away", { n }) }, "×");
  away.addEventListener("click", () => session.perform("timeline/remove", { key: n }, ""));
  const unit = h("span", { class: "hint" }, "s");
  const parts = [seconds, unit, curve];
  let shown = { seconds: 0, curve: "" };
  const show = (/** @type {Timeline} */ timeline) => {
    const now = timeline.keys[k];
    showPicture(image, connection.token, now.picture);
    // What is being typed stays.
    if (now.seconds !== shown.seconds && !isTyped) seconds.value = String(now.seconds);
    if (now.curve !== shown.curve) curve.value = now.curve;
    shown = now;
    const isFirst = k === 0 && !timeline.loops;
    for (const part of parts) part.hidden = isFirst;
    begins.hidden = !isFirst;
    there.disabled = timeline.keys.length < 2;
  };
  return { element: h("li", {}, there, begins, ...parts, h("span", { class: "key-ends" }, earlier, away)), show };
}

/** When a key is come to, in seconds. @param {Timeline} timeline @param {number} k */
function timeOf({ keys }, k) {
  return keys.slice(1, k + 1).reduce((sum, { seconds }) => sum + seconds, 0);
}
