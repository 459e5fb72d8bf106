/** One model on the Models screen: what it looks like, what it takes and gives, and what can be done. */

import { title } from "../declaration.js";
import { h, icon } from "../dom.js";
import { duration } from "../durations.js";
import { WORKING } from "../jobs/jobs.js";
import { addressOf } from "./manager.js";
import { sizeOf } from "./sizes.js";
import { number, t } from "../words.js";

/** @import { ModelEntry, RunningModel } from "../types.d.ts" */
/** @import { Job, Jobs } from "../jobs/jobs.js" */
/** @import { Manager } from "./manager.js" */

/** Drawings in icons.svg, by the type of data; others have the last. */
const DRAWN = ["image", "vector", "number", "text", "segmentation", "category", "boolean"];
const DRAWINGS = /** @type {Record<string, string>} */ ({
  ...Object.fromEntries(DRAWN.map((type) => [type, type])),
  objects: "boxes",
  image_bounding_box: "boxes",
  image_landmarks: "points",
  image_point: "points",
  points: "points",
});
const MOST_DRAWN = 3;

/**
 * @typedef {object} Reach what a card can do
 * @property {boolean} owns
 * @property {(work: () => Promise<any>) => Promise<void>} act does it, and says what went wrong
 * @property {Manager} manager
 * @property {Jobs} jobs
 * @property {(name: string) => Promise<Blob>} picture
 */

export class GalleryCard {
  /** @type {ModelEntry} */
  entry = /** @type {any} */ (null);
  element;
  #reach;
  #well = h("div", { class: "gallery-well" });
  #name = h("h3", {});
  #summary = h("p", { class: "hint" });
  #facts = h("p", { class: "gallery-facts" });
  #cannot = h("p", { class: "gallery-cannot", hidden: true });
  #about = h("details", { class: "gallery-about" });
  #agree = h("div", { class: "gallery-agree", hidden: true });
  #bar = h("progress", { max: 1, value: 0, hidden: true });
  #far = h("p", { class: "hint figure", role: "status" });
  #row = h("div", { class: "row" });
  /** @type {Job | null} */
  #job = null;
  /** @type {RunningModel | null} */
  #place = null;
  #drawn = "";

  /** @param {Reach} reach */
  constructor(reach) {
    this.#reach = reach;
    const told = h("div", { class: "gallery-told" }, this.#name, this.#summary, this.#facts, this.#cannot);
    told.append(this.#about, this.#bar, this.#far, this.#agree, this.#row);
    this.element = h("li", { class: "gallery-card" }, this.#well, told);
  }

  /** All that one may look for, small. */
  get text() {
    const { title: called, name, summary, task, family, licence, takes, gives, credit } = this.entry;
    return [called, name, summary, task, family, licence, credit, ...takes, ...gives].join(" ").toLowerCase();
  }

  get isWorking() {
    return this.#job !== null && WORKING.includes(this.#job.state);
  }

  /** @param {ModelEntry} entry @param {RunningModel | null} place where it runs */
  show(entry, place) {
    this.entry = entry;
    this.#place = place;
    const { title: called, name, summary, cannot } = entry;
    this.element.dataset.name = name;
    this.#name.textContent = called;
    this.#summary.textContent = t(summary);
    this.#cannot.textContent = t(cannot);
    this.#cannot.hidden = !cannot;
    this.#facts.replaceChildren(...this.#badges());
    this.#describe();
    this.#draw();
    this.#showRow();
  }

  /** What one should know before using it. */
  #describe() {
    const { licence, licenceSource, credit, data, bias, limits, tried } = this.entry;
    const source = licenceSource
      ? h("a", { href: licenceSource, target: "_blank", rel: "noreferrer" }, "where that stands")
      : null;
    /** @type {[string, (string | Node | null)[]][]} */
    const said = [
      ["Licence", [licence, source ? ", " : null, source]],
      ["By", [credit]],
      ["Learnt from", [data]],
      ["Bias", [bias]],
      ["Limits", [limits]],
      ["Tried", [tried]],
    ];
    const lines = said
      .filter(([, [words]]) => words)
      .map(([label, words]) => h("div", {}, h("dt", {}, label), h("dd", {}, ...words)));
    this.#about.replaceChildren(h("summary", {}, "About"), h("dl", { class: "facts" }, ...lines));
    this.#about.hidden = !lines.length;
  }

  /** How far fetching it is. @param {Job} job */
  showJob(job) {
    if (this.#job && this.#job.created > job.created) return;
    this.#job = job;
    const { state, done, total, secondsLeft, message } = job;
    const works = this.isWorking;
    const isPart = works || state === "stopped" || state === "failed";
    this.#bar.hidden = !isPart || !total;
    this.#bar.value = total ? done / total : 0;
    this.#bar.setAttribute("aria-label", t("How much of {model} is here", { model: this.entry.title }));
    const left = works && secondsLeft ? `, ${t("{time} left", { time: duration(secondsLeft) })}` : "";
    const far = total > 1 ? `${t("{n} of {total} MB", { n: number(done, 1), total: number(total, 1) })}${left}. ` : "";
    this.#far.textContent = isPart ? far + (works ? "" : message) : "";
    this.#showRow();
  }

  #badges() {
    const { licence, bytes, commercial, tried, isHere, origin } = this.entry;
    const badge = (/** @type {string} */ words, /** @type {string} */ hint, kind = "") =>
      h("span", { class: `badge ${kind}`, title: hint }, words);
    const from = { taxiway: "comes with Taxiway", own: "yours", trained: "trained here", fetched: "fetched", catalogue: "" }[origin];
    return [
      from ? badge(from, "", isHere ? "good" : "") : null,
      licence ? badge(licence.length > 24 ? "licence: see the card" : licence, licence) : null,
      commercial === false ? badge("not for commerce", "Its licence forbids commercial use", "bad") : null,
      bytes ? badge(sizeOf(bytes), "") : null,
      tried.startsWith("Not tried") ? badge("not tried", tried) : tried ? badge("tried", tried, "good") : null,
    ].filter((each) => each !== null);
  }

  /** What it made, or what goes in and comes out. */
  async #draw() {
    const { name, takes, gives, task, family, hasPicture } = this.entry;
    const as = JSON.stringify([takes, gives, hasPicture]);
    if (as === this.#drawn) return;
    this.#drawn = as;
    const ways = h("p", { class: "gallery-ways" }, ...ofTypes(takes), arrow(), ...ofTypes(gives));
    ways.setAttribute("aria-label", t("Takes {inputs}, gives {outputs}", { inputs: wordsOf(takes), outputs: wordsOf(gives) }));
    ways.setAttribute("role", "img");
    this.#well.style.setProperty("--hue", String(hueOf(task || family)));
    this.#well.replaceChildren(ways);
    if (!hasPicture) return;
    const picture = await this.#reach.picture(name).catch(() => null);
    if (!picture?.type.startsWith("image/")) return;
    const image = h("img", { alt: t("Made by {model}", { model: this.entry.title }), src: URL.createObjectURL(picture) });
    image.addEventListener("load", () => URL.revokeObjectURL(image.src));
    this.#well.replaceChildren(image, ...(takes.length ? [ways] : []));
  }

  #showRow() {
    const { isHere, origin, cannot, title: called, name } = this.entry;
    const { owns } = this.#reach;
    const may = owns && !this.isWorking;
    const open = this.#place && h("a", { class: "button primary", href: addressOf(this.#place) }, "Open");
    const start = may && isHere && !open && !cannot ? this.#button("Start", "primary", () => this.#start()) : null;
    const words = this.#job && !isHere && this.#job.state === "stopped" ? "Go on" : "Fetch";
    const fetchable = may && !isHere && origin !== "trained" && origin !== "taxiway" && this.entry.licence;
    const fetch = fetchable && this.#agree.hidden ? this.#button(words, "", async () => this.#ask()) : null;
    const stop = owns && this.isWorking ? this.#button("Stop", "", () => this.#reach.jobs.stop(this.#job?.id ?? "")) : null;
    const remove = may && origin === "fetched" ? this.#button("Remove", "", () => this.#reach.manager.removeFetched(name)) : null;
    const all = [open, start, fetch, stop, remove].filter((each) => each !== null);
    for (const one of all) one.setAttribute("aria-label", `${one.textContent} ${called}`);
    this.#row.replaceChildren(...all);
  }

  /** @param {string} words @param {string} kind @param {() => Promise<any>} work */
  #button(words, kind, work) {
    const button = h("button", { type: "button", class: kind }, words);
    button.addEventListener("click", async () => {
      button.disabled = true;
      await this.#reach.act(work);
      button.disabled = false;
    });
    return button;
  }

  async #start() {
    const { name, origin } = this.entry;
    const { manager } = this.#reach;
    const place = origin === "trained" ? await manager.playTrained(name) : await manager.start(name);
    location.assign(addressOf(place));
  }

  /** Show what one agrees to, before anything is fetched. */
  #ask() {
    const { licence, bytes, commercial, title: called } = this.entry;
    const yes = this.#button(bytes ? t("Agree, and fetch {size}", { size: sizeOf(bytes) }) : "Agree, and fetch it", "primary", async () => {
      this.#agree.hidden = true;
      this.#far.textContent = t("Asks for it.");
      const job = await this.#reach.jobs.start("pull", "", { name: this.entry.name, licence }, () => {});
      this.showJob(job);
    });
    const no = this.#button("Not now", "", async () => void (this.#agree.hidden = true));
    yes.setAttribute("aria-label", t("Agree to the licence of {model}, and fetch it", { model: called }));
    const facts = [
      h("p", {}, t("It is under {licence}.", { licence })),
      commercial === false ? h("p", { class: "gallery-cannot" }, "Not for commercial use.") : null,
    ];
    this.#about.open = true;
    this.#agree.replaceChildren(...facts.filter((each) => each !== null), h("div", { class: "row" }, yes, no));
    this.#agree.hidden = false;
    this.#showRow();
    yes.focus();
  }
}

/** @param {string[]} types */
function ofTypes(types) {
  const different = [...new Set(types.map((type) => DRAWINGS[type] ?? "any"))];
  return (different.length ? different : ["any"]).slice(0, MOST_DRAWN).map((name) => icon(`type-${name}`));
}

function arrow() {
  return h("span", { class: "gallery-arrow", "aria-hidden": true }, "→");
}

/** @param {string[]} types */
const wordsOf = (types) => [...new Set(types)].map(title).join(", ") || t("what is not known yet");

/** A colour for what a model is for, always the same. @param {string} text */
function hueOf(text) {
  return [...text].reduce((hue, character) => (hue * 31 + character.charCodeAt(0)) % 360, 200);
}
