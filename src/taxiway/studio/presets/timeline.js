/** Whole states in a row, and what hands did over them: played, scrubbed, recorded, taken out. */

import { fetchFile } from "../control.js";
import { title } from "../declaration.js";
import { h } from "../dom.js";
import { download } from "../files.js";
import { sentence } from "../slots.js";
import { showPicture } from "./pictures.js";
import { t } from "../words.js";

/** @import { Presets, Studio, Track } from "../types.d.ts" */

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
  const armed = h("button", { type: "button", class: "arm", title: "What hands move while it plays is kept in it" }, "Record");
  armed.addEventListener("click", () => session.perform("timeline/arm", { on: !store.get("presets").timeline.armed }));
  const hint = h("p", { class: "hint", role: "status" });
  const tracks = h("ul", { class: "timeline-tracks" });
  const out = button("Export", () => exportTo(studio));
  out.title = t("A session, which taxiway replay films frame by frame");
  const playing = h("div", { class: "row" }, play, armed, h("label", { class: "switch-line" }, loops, "Loop"), out);
  let shown = "";
  let drawn = "";
  store.follow(["presets"], () => {
    const { timeline } = store.get("presets");
    const now = JSON.stringify(timeline.keys);
    if (now !== shown) list.replaceChildren(...timeline.keys.map((key, k) => keyLine(studio, key, k, curves)));
    shown = now;
    const recorded = JSON.stringify([timeline.tracks, timeline.seconds]);
    if (recorded !== drawn) tracks.replaceChildren(...timeline.tracks.map((track) => trackLine(studio, track, timeline.seconds)));
    drawn = recorded;
    const isPlayable = timeline.keys.length > 1 || timeline.tracks.length > 0;
    scrub.max = String(timeline.seconds);
    scrub.hidden = out.hidden = !isPlayable;
    play.disabled = !isPlayable && !timeline.armed;
    play.textContent = timeline.plays ? t("Stop") : t("Play");
    armed.setAttribute("aria-pressed", String(timeline.armed));
    hint.textContent = timeline.armed ? t(timeline.plays ? RECORDS : ARMED) : "";
    loops.checked = timeline.loops;
  });
  return h("details", { class: "block" }, h("summary", {}, "Timeline"), list, tracks, scrub, playing, hint, add);
}

const ARMED = "Play, then move faders: what you move is kept, each until the end of the round.";
const RECORDS = "Recording: what you move is kept.";
const WIDTH = 100;
const HEIGHT = 20;

/** What was recorded of a control, drawn. @param {Studio} studio @param {Track} track @param {number} seconds of all */
function trackLine({ session }, { name, times, values }, seconds) {
  const low = Math.min(...values);
  const span = Math.max(...values) - low || 1;
  const x = (/** @type {number} */ time) => ((time / Math.max(seconds, 0.01)) * WIDTH).toFixed(1);
  const y = (/** @type {number} */ k) => (HEIGHT - 2 - ((values[k] - low) / span) * (HEIGHT - 4)).toFixed(1);
  const points = times.map((time, k) => [x(time), values.length ? y(k) : HEIGHT / 2].join());
  const curve = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" },
    svg("polyline", { points: [...points, `${WIDTH},${points.at(-1)?.split(",")[1]}`].join(" ") }));
  const away = h("button", { type: "button", class: "quiet", "aria-label": t("Take away what was recorded of {control}", { control: name }) }, "×");
  away.addEventListener("click", () => session.perform("timeline/erase", { control: name }));
  return h("li", {}, h("span", { class: "track-name" }, title(name)), curve, away);
}

/** @param {string} tag @param {Record<string, string>} attributes @param {Element[]} children */
function svg(tag, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** @param {Studio} studio @param {Presets["timeline"]["keys"][number]} key @param {number} k @param {string[]} curves */
function keyLine({ session, connection }, key, k, curves) {
  const change = (/** @type {Record<string, any>} */ values) => session.perform("timeline/key", { key: k + 1, ...values });
  const image = h("img", { alt: "" });
  showPicture(image, connection.token, key.picture);
  const seconds = h("input", { type: "number", class: "figure", min: 0.05, step: 0.5, value: key.seconds, "aria-label": t("Seconds to key {n}", { n: k + 1 }) });
  seconds.addEventListener("change", () => change({ seconds: Number(seconds.value) }));
  const curve = h("select", { "aria-label": t("Curve to key {n}", { n: k + 1 }) }, ...curves.map((name) => h("option", {}, name)));
  curve.value = key.curve;
  curve.addEventListener("change", () => change({ curve: curve.value }));
  const away = h("button", { type: "button", class: "quiet", "aria-label": t("Take key {n} away", { n: k + 1 }) }, "×");
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
