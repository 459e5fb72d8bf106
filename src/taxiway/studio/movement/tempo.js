/** The beat: typed or tapped; and what waits for it. */

import { h } from "../dom.js";

/** @import { Studio } from "../types.d.ts" */

const WAITS = { now: "at once", beat: "on the beat", bar: "on the bar" };

/** @param {Studio} studio */
export function makeTempo({ store, session }) {
  const bpm = h("input", { type: "number", id: "tempo-bpm", class: "figure", min: 20, max: 400, step: 0.1 });
  bpm.addEventListener("change", () => bpm.value && session.perform("tempo", { bpm: Number(bpm.value) }));
  const tap = h("button", { type: "button", id: "tempo-tap" }, "Tap");
  // At the press, not at its end.
  tap.addEventListener("pointerdown", () => session.perform("tap"));
  tap.addEventListener("keydown", (event) => {
    if ((event.key === "Enter" || event.key === " ") && !event.repeat) session.perform("tap");
  });
  const waits = h(
    "select",
    { id: "tempo-changes" },
    ...Object.entries(WAITS).map(([value, words]) => h("option", { value }, words)),
  );
  waits.addEventListener("change", () => session.perform("tempo", { changes: waits.value }));
  store.follow(["movement"], () => {
    const told = store.get("movement");
    if (document.activeElement !== bpm) bpm.value = String(Math.round(told.bpm * 10) / 10);
    waits.value = told.changes;
  });
  const line = (/** @type {string} */ id, /** @type {string} */ words, /** @type {HTMLElement} */ element) =>
    h("div", { class: "line" }, h("label", { for: id }, words), element);
  return h(
    "details",
    { class: "block" },
    h("summary", {}, "Tempo"),
    line("tempo-bpm", "Beats, min", h("div", { class: "row" }, bpm, tap)),
    line("tempo-changes", "Changes", waits),
  );
}
