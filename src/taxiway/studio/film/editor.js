/** One film: its frames, what is clicked at, and what becomes of it. */

import { h } from "../dom.js";
import { duration } from "../durations.js";
import { makeToolForm } from "../jobs/form.js";
import { WORKING } from "../jobs/jobs.js";
import { Cache } from "./cache.js";
import { Stage, tinted } from "./stage.js";
import { Timeline } from "./timeline.js";
import { t } from "../words.js";

/** @import { Job, Tool } from "../jobs/jobs.js" */
/** @import { Clicks, Cutter, Film, Films, Point } from "./films.js" */
/** @import { Look, Mode } from "./stage.js" */
/** @typedef {Omit<Clicks, "frame">} Said */

const MODES = /** @type {[Mode, string, string][]} */ ([
  ["include", "In it", "Click at what you want"],
  ["exclude", "Not in it", "Click at what you do not want; or with Shift, or the other button"],
  ["box", "Box", "Draw a box around it"],
]);
const LOOKS = /** @type {[Look, string, string][]} */ ([
  ["tint", "Mask", "The mask over the film"],
  ["ground", "Cut out", "What is left of the film, on green"],
  ["film", "Film", "The film alone"],
]);
const FILES = /^[\w-]+\.(mp4|mov|webm|zip)$/;
/** What the form does not ask: the screen knows it. */
const KNOWN = ["film", "clicks", "other"];

export class Editor {
  #films;
  #act;
  /** @type {Job | null} */
  #job = null;
  /** @type {Film | null} */
  #film = null;
  /** @type {Set<number>} */
  #made = new Set();
  #index = 0;
  #saying = 0;
  /** When all that was said has been heard: the server hears one thing after the other. */
  #heard = Promise.resolve();
  /** Clicks, and models, that the mask is still made of. */
  #looks = 0;
  /** What was said of a frame before each of this page's clicks. @type {Map<number, Said[]>} */
  #before = new Map();
  #listed = "";
  #stage;
  #timeline;
  /** @type {Cache<ImageBitmap>} */
  #frames;
  /** @type {Cache<HTMLCanvasElement | null>} */
  #masks;
  #message = h("p", { class: "film-message", role: "status" });
  #bar = h("progress", { max: 1, value: 0, "aria-label": "How far it is" });
  #preview = h("img", { class: "film-preview", alt: "What it works on", hidden: true });
  #undo = h("button", { type: "button" }, "Take back");
  #clear = h("button", { type: "button" }, "Clear frame");
  #follow = h("button", { type: "button", class: "primary", id: "film-follow" }, "Follow it");
  #stop = h("button", { type: "button" }, "Stop");
  #cutter = h("select", { id: "film-model", "aria-label": "What cuts it out" });
  #form = h("div", {});
  #export = h("details", { class: "film-export" }, h("summary", {}, "Write a film"), this.#form);
  #files = h("ul", { class: "film-files", "aria-label": "Written" });
  #work = h("div", { class: "film-work" });
  element;

  /** @param {Films} films @param {(work: () => Promise<any>) => Promise<void>} act */
  constructor(films, act) {
    this.#films = films;
    this.#act = act;
    this.#frames = new Cache(async (index) => createImageBitmap(await films.frame(this.#id, index)));
    this.#masks = new Cache((index) => films.mask(this.#id, index).then(tinted));
    this.#stage = new Stage((mode, point, box) => this.#click(mode, point, box));
    this.#timeline = new Timeline((index) => this.#turn(index));
    this.#undo.addEventListener("click", () => this.#takeBack());
    this.#clear.addEventListener("click", () => this.#clearFrame());
    this.#follow.addEventListener("click", () => this.#act(() => this.#goOn({})));
    this.#stop.addEventListener("click", () => this.#act(() => films.stop(this.#id)));
    this.#cutter.addEventListener("change", () => this.#use(this.#cutter.value));
    const modes = segments("What a click says", MODES, (mode) => (this.#stage.mode = mode));
    const looks = segments("What is shown", LOOKS, (look) => {
      this.#stage.look = look;
      this.#stage.draw();
    });
    this.#work.append(
      this.#stage.canvas,
      this.#timeline.element,
      h("div", { class: "film-tools" }, modes, looks, this.#cutter),
      h("div", { class: "row" }, this.#follow, this.#undo, this.#clear),
    );
    this.element = h(
      "div",
      { class: "film" },
      h("div", { class: "film-state" }, this.#message, this.#stop),
      this.#bar,
      this.#preview,
      this.#work,
      this.#export,
      this.#files,
    );
  }

  get #id() {
    return this.#job?.id ?? "";
  }

  /** @param {Tool} tool */
  offer(tool) {
    const inputs = tool.inputs.filter(({ name }) => !KNOWN.includes(name));
    const begin = (/** @type {Record<string, any>} */ given) => this.#act(() => this.#goOn({ form: "green", ...given }));
    const reject = (/** @type {string} */ words) => (this.#message.textContent = words);
    const form = makeToolForm("film-export", { ...tool, inputs, description: "" }, {}, begin, reject, "Write it");
    this.#form.replaceChildren(form.element);
  }

  pause() {
    this.#timeline.pause();
  }

  /** How things stand. @param {Job} job */
  async show(job) {
    const before = this.#job;
    const isOther = before?.id !== job.id;
    this.#job = job;
    if (isOther) this.#forget();
    const works = WORKING.includes(job.state);
    const hasEnded = before && !isOther && WORKING.includes(before.state) && !works;
    if (isOther || hasEnded || (!works && !this.#film)) await this.#learn();
    this.#arrange(job, works);
    if (works && job.done > 0) await this.#showPreview();
    await this.#list();
  }

  #forget() {
    this.#film = null;
    this.#index = 0;
    this.#before.clear();
    this.#made.clear();
    this.#frames.forget();
    this.#masks.forget();
    this.#timeline.pause();
    this.#listed = "";
  }

  async #learn() {
    const turn = this.#saying;
    const { film, made, models } = await this.#films.one(this.#id);
    if (turn !== this.#saying) return; // it is from before what was said meanwhile
    this.#offerModels(models, film?.model ?? "");
    this.#film = film;
    this.#made = new Set(made);
    this.#masks.forget();
    if (!film) return;
    this.#timeline.show(film, this.#made, this.#index);
    await this.#draw();
  }

  /** @param {Cutter[]} models @param {string} chosen */
  #offerModels(models, chosen) {
    const known = models.some(({ name }) => name === chosen) || !chosen ? models : [...models, { name: chosen, title: chosen }];
    const text = JSON.stringify([known, chosen]);
    if (this.#cutter.dataset.shown === text) return;
    this.#cutter.dataset.shown = text;
    const options = known.map(({ name, title }) => h("option", { value: name, translate: "no" }, title));
    this.#cutter.replaceChildren(h("option", { value: "" }, "By colours and motion"), ...options);
    this.#cutter.value = chosen;
    const words = models.length ? "What cuts it out" : "What cuts it out; SAM 2.1 and EdgeTAM can be fetched under Models";
    this.#cutter.title = t(words);
  }

  /** Have another model cut it out: what was clicked is cut out anew. @param {string} model */
  #use(model) {
    this.#timeline.pause();
    this.#cutter.disabled = true;
    this.#act(async () => {
      this.#message.textContent = model ? t("The model starts, and looks at it.") : t("Looks at it.");
      this.#looks += 1;
      try {
        await this.#films.use(this.#id, model);
      } finally {
        this.#looks -= 1;
        this.#cutter.disabled = false;
        this.#cutter.dataset.shown = "";
        await this.#learn();
      }
    });
  }

  /** @param {Job} job @param {boolean} works */
  #arrange(job, works) {
    const left = works && job.secondsLeft ? ` ${t("About {time} left.", { time: duration(job.secondsLeft) })}` : "";
    if (this.#looks === 0) this.#message.textContent = (works || !this.#film ? job.message : this.#advice(job, this.#film)) + left;
    this.element.dataset.job = job.state;
    this.#bar.hidden = !works;
    if (job.total > 0) this.#bar.value = job.done / job.total;
    else this.#bar.removeAttribute("value");
    this.#stop.hidden = !works;
    this.#work.hidden = works || !this.#film;
    this.#preview.hidden = this.#preview.hidden || !works;
    this.#export.hidden = works || !this.#film?.clicks.length;
    this.#follow.disabled = !this.#film?.clicks.length;
    this.#allow();
  }

  #allow() {
    const clicks = this.#clicks();
    this.#clear.disabled = !clicks;
    this.#undo.disabled = !clicks && !this.#before.get(this.#index)?.length;
  }

  /** What to do next. @param {Job} job @param {Film} film */
  #advice(job, { clicks, count }) {
    if (job.state === "failed") return job.message;
    if (!clicks.length) return t("Click at what you want of it, on any frame.");
    if (this.#made.size < count) return t("{n} of {total} frames have their mask: click on, or let it follow.", { n: this.#made.size, total: count });
    return job.message;
  }

  async #showPreview() {
    const file = await this.#films.preview(this.#id).catch(() => null);
    if (!file) return;
    URL.revokeObjectURL(this.#preview.src);
    this.#preview.src = URL.createObjectURL(file);
    this.#preview.hidden = false;
  }

  /** @param {Record<string, any>} inputs */
  async #goOn(inputs) {
    this.#timeline.pause();
    await this.#films.goOn(this.#id, inputs);
  }

  /** @param {number} index */
  #turn(index) {
    this.#index = index;
    return this.#draw();
  }

  #clicks() {
    return this.#film?.clicks.find(({ frame }) => frame === this.#index) ?? null;
  }

  /** Draw the frame that is chosen, unless another was meanwhile. */
  async #draw() {
    const [film, index] = [this.#film, this.#index];
    if (!film) return;
    const clicks = this.#clicks();
    const [picture, mask] = await Promise.all([this.#frames.get(index), this.#masks.get(index)]);
    if (film !== this.#film || index !== this.#index) return;
    const said = clicks ? t(", {n} click | , {n} clicks", { n: clicks.include.length + clicks.exclude.length }) : "";
    const frame = t("Frame {n} of {total}", { n: index + 1, total: film.count });
    this.#stage.show(picture, mask, clicks, frame + (mask ? t(", with its mask") : "") + said);
    this.#allow();
  }

  /** @param {Mode} mode @param {Point} point @param {number[] | null} box */
  #click(mode, point, box) {
    this.#timeline.pause();
    const { include, exclude, box: before } = this.#remember();
    if (mode === "include") this.#say({ include: [...include, point], exclude, box: before });
    else if (mode === "exclude") this.#say({ include, exclude: [...exclude, point], box: before });
    else this.#say({ include, exclude, box });
  }

  /** What is said of this frame, which can be taken back to. */
  #remember() {
    const { include = [], exclude = [], box = null } = this.#clicks() ?? {};
    const said = { include, exclude, box };
    this.#before.set(this.#index, [...(this.#before.get(this.#index) ?? []), said]);
    return said;
  }

  #takeBack() {
    const before = this.#before.get(this.#index)?.pop();
    if (before) return this.#say(before);
    const clicks = this.#clicks();
    if (!clicks) return;
    const { include, exclude, box } = clicks;
    if (exclude.length) this.#say({ include, exclude: exclude.slice(0, -1), box });
    else if (include.length) this.#say({ include: include.slice(0, -1), exclude, box });
    else this.#say({ include, exclude, box: null });
  }

  #clearFrame() {
    this.#remember();
    this.#say({ include: [], exclude: [], box: null });
  }

  /** Say something of this frame: shown at once, the mask as soon as it comes. @param {Said} said */
  #say(said) {
    const film = this.#film;
    if (!film) return;
    const clicks = { frame: this.#index, ...said };
    const isNothing = !said.include.length && !said.exclude.length && !said.box;
    const others = film.clicks.filter(({ frame }) => frame !== clicks.frame);
    film.clicks = isNothing ? others : [...others, clicks];
    const turn = ++this.#saying;
    this.#draw();
    this.#act(async () => {
      this.#message.textContent = t("Looks at it.");
      this.#looks += 1;
      try {
        const id = this.#id;
        const heard = this.#heard.then(() => this.#films.click(id, clicks));
        this.#heard = heard.catch(() => {});
        await heard;
        if (turn === this.#saying) await this.#learn();
      } finally {
        this.#looks -= 1;
      }
    });
  }

  /** The films that were written. */
  async #list() {
    const names = (this.#job?.files ?? []).filter((name) => FILES.test(name));
    const text = JSON.stringify([this.#id, names, this.#job?.state]);
    if (text === this.#listed) return;
    this.#listed = text;
    this.#files.replaceChildren(...names.map((name) => this.#fileOf(name)));
  }

  /** @param {string} name */
  #fileOf(name) {
    const get = h("button", { type: "button" }, "Download");
    const look = h("button", { type: "button" }, "Look");
    const place = h("div", {});
    const fetched = async () => URL.createObjectURL(await this.#films.file(this.#id, name));
    get.addEventListener("click", () =>
      this.#act(async () => h("a", { href: await fetched(), download: name }).click()),
    );
    look.addEventListener("click", () =>
      this.#act(async () => {
        const video = h("video", { src: await fetched(), controls: true, loop: true, muted: true });
        place.replaceChildren(video);
        video.play().catch(() => {});
      }),
    );
    const plays = !/\.(mov|zip)$/.test(name);
    return h("li", {}, h("span", {}, name), h("div", { class: "row" }, plays ? look : null, get), place);
  }
}

/**
 * Buttons of which one is pressed, the first at the beginning.
 * @template {string} Value
 * @param {string} label
 * @param {[Value, string, string][]} choices
 * @param {(value: Value) => void} choose
 */
function segments(label, choices, choose) {
  const buttons = choices.map(([value, words, title], k) => {
    const button = h("button", { type: "button", title, "aria-pressed": k === 0 }, words);
    button.addEventListener("click", () => {
      for (const other of buttons) other.setAttribute("aria-pressed", String(other === button));
      choose(value);
    });
    return button;
  });
  return h("div", { class: "segments", role: "group", "aria-label": label }, ...buttons);
}
