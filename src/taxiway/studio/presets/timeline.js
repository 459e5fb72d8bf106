/** Whole states in a row, and what hands did over them: played, scrubbed, recorded, filmed. */

import { fetchFile } from "../control.js";
import { h } from "../dom.js";
import { download } from "../files.js";
import { showFilmForm } from "../opening.js";
import { sentence } from "../slots.js";
import { number, t } from "../words.js";
import { makeKeys } from "./keys.js";
import { trackLine } from "./tracks.js";

/** @import { Studio } from "../types.d.ts" */

const FILE = "timeline.jsonl";
const FPS = 30;
const ARMED = "Play, then move faders: what you move is kept, each until the end of the round.";
const RECORDS = "Recording: what you move is kept.";

/** @param {Studio} studio @param {string[]} curves */
export function makeTimeline(studio, curves) {
  const { store, session } = studio;
  const keys = makeKeys(studio, curves);
  const head = makeHead(studio);
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
  const taken = makeTaken(studio);
  const playing = h("div", { class: "row" }, play, armed, h("label", { class: "switch-line" }, loops, "Loop"));
  let drawn = "";
  store.follow(["presets"], () => {
    const { timeline } = store.get("presets");
    keys.show(timeline);
    const recorded = JSON.stringify([timeline.tracks, timeline.seconds]);
    if (recorded !== drawn) tracks.replaceChildren(...timeline.tracks.map((track) => trackLine(studio, track, timeline.seconds)));
    drawn = recorded;
    const isPlayable = timeline.keys.length > 1 || timeline.tracks.length > 0;
    head.show(isPlayable);
    taken.hidden = !isPlayable;
    play.disabled = !isPlayable && !timeline.armed;
    play.textContent = timeline.plays ? t("Stop") : t("Play");
    armed.setAttribute("aria-pressed", String(timeline.armed));
    hint.textContent = timeline.armed ? t(timeline.plays ? RECORDS : ARMED) : "";
    loops.checked = timeline.loops;
  });
  return h("details", { class: "block" }, h("summary", {}, "Timeline"), keys.list, tracks, head.element, playing, hint, add, taken);
}

/** Where it is, and what moves it there by hand. @param {Studio} studio */
function makeHead({ store, session }) {
  const scrub = h("input", { type: "range", min: 0, step: 0.01, "aria-label": "Seconds of the timeline" });
  const told = h("span", { class: "hint" });
  const element = h("div", { class: "timeline-head" }, scrub, told);
  let since = 0;
  let going = false;
  const tell = (/** @type {number} */ at) => {
    told.textContent = t("{at} of {seconds} s", { at: number(at, 1), seconds: number(store.get("presets").timeline.seconds, 1) });
  };
  scrub.addEventListener("input", () => {
    tell(Number(scrub.value));
    session.perform("timeline/scrub", { at: Number(scrub.value) });
  });
  const move = () => {
    const { timeline } = store.get("presets");
    const { at, seconds, loops, plays } = timeline;
    const passed = plays && !store.get("movement").held ? (performance.now() - since) / 1000 : 0;
    const now = loops && seconds > 0 ? (at + passed) % seconds : Math.min(at + passed, seconds);
    scrub.value = String(now);
    tell(now);
    going = plays;
    if (going) requestAnimationFrame(move);
  };
  const show = (/** @type {boolean} */ isPlayable) => {
    const { timeline } = store.get("presets");
    element.hidden = !isPlayable;
    scrub.max = String(timeline.seconds);
    since = performance.now();
    // A hand that scrubs is not taken elsewhere.
    if (!going && (timeline.plays || document.activeElement !== scrub)) move();
    else tell(Number(scrub.value));
  };
  return { element, show };
}

/** What takes it out of here: as a film, by a job, or as a file. @param {Studio} studio */
function makeTaken({ store, connection }) {
  const fps = h("input", { type: "number", class: "figure", min: 1, max: 240, value: FPS, "aria-label": "Frames a second" });
  const attempt = async (/** @type {(file: File) => void} */ work) => {
    try {
      work(new File([await fetchFile(connection.token, `/${FILE}?fps=${fps.value || FPS}`)], FILE));
    } catch (problem) {
      store.set("error", sentence(problem));
    }
  };
  const open = (/** @type {File} */ session) => showFilmForm(store, session, { fps: Number(fps.value || FPS) });
  const film = h("button", { type: "button", title: "Frame by frame, with a sound if you like", onclick: () => attempt(open) }, "Film it");
  film.hidden = !connection.owns;
  const out = h("button", { type: "button", title: "A session, which taxiway replay films frame by frame" }, "Export");
  out.addEventListener("click", () => attempt((file) => download(FILE, file)));
  return h("div", { class: "row", role: "group", "aria-label": "Timeline" }, film, fps, h("span", { class: "hint" }, "fps"), out);
}
