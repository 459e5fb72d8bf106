/** Whole states in a row: how long to each, and playing, scrubbing and taking them out. */

import { fetchFile } from "../control.js";
import { h } from "../dom.js";
import { download } from "../files.js";
import { sentence } from "../slots.js";
import { showPicture } from "./pictures.js";

/** @import { Presets, Studio } from "../types.d.ts" */

/** @param {Studio} studio @param {string[]} curves */
export function makeTimeline(studio, curves) {
  const { store, session } = studio;
  const list = h("ol", { class: "timeline-keys" });
  const scrub = h("input", { type: "range", min: 0, step: 0.01, "aria-label": "Seconds of the timeline" });
  scrub.addEventListener("input", () => session.perform("timeline/scrub", { at: Number(scrub.value) }));
  const button = (/** @type {string} */ words, /** @type {() => void} */ onclick) => h("button", { type: "button", onclick }, words);
  const add = button("Add what is seen", () => session.perform("timeline/add", {}));
  const play = button("Play", () => {
    if (store.get("presets").timeline.plays) session.stopMoving();
    else session.perform("timeline/play", {});
  });
  const loops = h("input", { type: "checkbox", role: "switch", class: "switch" });
  loops.addEventListener("change", () => session.perform("timeline/loop", { on: loops.checked }));
  const out = button("Export", () => exportTo(studio));
  out.title = "A session, which taxiway replay films frame by frame";
  const playing = h("div", { class: "row" }, play, h("label", { class: "switch-line" }, loops, "Loop"), out);
  let shown = "";
  store.follow(["presets"], () => {
    const { timeline } = store.get("presets");
    const now = JSON.stringify(timeline.keys);
    if (now !== shown) list.replaceChildren(...timeline.keys.map((key, k) => keyLine(studio, key, k, curves)));
    shown = now;
    const steps = timeline.loops ? timeline.keys : timeline.keys.slice(1);
    scrub.max = String(steps.reduce((sum, { seconds }) => sum + seconds, 0));
    scrub.hidden = playing.hidden = timeline.keys.length < 2;
    play.textContent = timeline.plays ? "Stop" : "Play";
    loops.checked = timeline.loops;
  });
  return h("details", { class: "block" }, h("summary", {}, "Timeline"), list, scrub, playing, add);
}

/** @param {Studio} studio @param {Presets["timeline"]["keys"][number]} key @param {number} k @param {string[]} curves */
function keyLine({ session, connection }, key, k, curves) {
  const change = (/** @type {Record<string, any>} */ values) => session.perform("timeline/key", { key: k + 1, ...values });
  const image = h("img", { alt: "" });
  showPicture(image, connection.token, key.picture);
  const seconds = h("input", { type: "number", class: "figure", min: 0.05, step: 0.5, value: key.seconds, "aria-label": `Seconds to key ${k + 1}` });
  seconds.addEventListener("change", () => change({ seconds: Number(seconds.value) }));
  const curve = h("select", { "aria-label": `Curve to key ${k + 1}` }, ...curves.map((name) => h("option", {}, name)));
  curve.value = key.curve;
  curve.addEventListener("change", () => change({ curve: curve.value }));
  const away = h("button", { type: "button", class: "quiet", "aria-label": `Take key ${k + 1} away` }, "×");
  away.addEventListener("click", () => session.perform("timeline/remove", { key: k + 1 }));
  return h("li", {}, image, seconds, h("span", { class: "hint" }, "s"), curve, away);
}

/** @param {Studio} studio */
async function exportTo({ store, connection }) {
  try {
    download("timeline.jsonl", await fetchFile(connection.token, "/timeline.jsonl"));
  } catch (problem) {
    store.set("error", sentence(problem));
  }
}
