/** The Models screen: every model there is, as cards; found, fetched, started and removed here. */

import { fetchFile } from "../control.js";
import { h } from "../dom.js";
import { download } from "../files.js";
import { Jobs, WORKING } from "../jobs/jobs.js";
import { NOT_OWNER } from "../owner.js";
import { chooseFile } from "../picking.js";
import { sentence } from "../slots.js";
import { diskSection } from "./disk.js";
import { GalleryCard } from "./gallery_card.js";
import { Manager } from "./manager.js";
import { sizeOf } from "./sizes.js";
import { percent, t } from "../words.js";

/** @import { GalleryState, ModelEntry, RunningModel, Studio } from "../types.d.ts" */
/** @import { Job } from "../jobs/jobs.js" */

const AGAIN_MS = 3000;
/** @type {Record<string, (entry: ModelEntry) => boolean>} */
const FILTERS = {
  All: () => true,
  Here: ({ isHere }) => isHere,
  "To fetch": ({ isHere, origin }) => !isHere && origin !== "trained",
  Yours: ({ origin }) => ["own", "trained"].includes(origin),
};
const TAKEN = "A .pkl, .pt, .safetensors or .onnx file, a model that Taxiway exported, or a manifest.";
const SAVED = "The models that run, with their options, chains, presets and mappings, as one file.";

export class Gallery {
  #trouble = h("p", { class: "trouble", role: "alert", hidden: true });
  #told = h("p", { class: "hint", role: "status" });
  #search = h("input", { type: "search", placeholder: "Search", "aria-label": "Search models" });
  #task = h("select", { "aria-label": "What for" });
  #filters = h("div", { class: "segments", role: "group", "aria-label": "Which models" });
  #disk = h("p", { class: "hint gallery-disk" });
  #room;
  #list = h("ul", { class: "gallery-list", "aria-label": "Models" });
  #empty = h("p", { class: "hint", hidden: true }, "No model is like that.");
  #drop = h("button", { type: "button", title: TAKEN }, "Open a file");
  #save = h("button", { type: "button", title: SAVED }, "Save workspace");
  #reopen = h("button", { type: "button", title: SAVED }, "Open workspace");
  element;
  #filter = "All";
  #studio;
  #manager;
  #jobs;
  /** @type {Map<string, GalleryCard>} */
  #cards = new Map();
  /** @type {RunningModel[]} */
  #running = [];
  /** @type {AbortController | null} */
  #following = null;
  #closed;

  /** @param {Pick<Studio, "store" | "connection" | "files">} studio @param {() => void} closed */
  constructor(studio, closed) {
    this.#studio = studio;
    this.#closed = closed;
    this.#manager = new Manager(() => studio.connection.token);
    this.#jobs = new Jobs(() => studio.connection.token);
    this.#room = diskSection(this.#manager, (work) => this.#act(work));
    const close = h("button", { type: "button", id: "gallery-close" }, "Close");
    close.addEventListener("click", () => this.close());
    this.#drop.addEventListener("click", () => studio.files.chooseFile());
    this.#save.addEventListener("click", () =>
      this.#act(async () => download("workspace.zip", await this.#manager.workspace())),
    );
    this.#reopen.addEventListener("click", () => chooseFile((file) => this.#act(() => this.#openWorkspace(file)), ".zip"));
    this.#search.addEventListener("input", () => this.#sift());
    this.#task.addEventListener("change", () => this.#sift());
    this.#drawFilters();
    this.element = h(
      "section",
      { class: "gallery", role: "dialog", "aria-label": "All models", hidden: true, tabindex: -1 },
      h(
        "div",
        { class: "gallery-head" },
        h("h2", {}, "Models"),
        close,
        this.#search,
        this.#task,
        this.#filters,
        h("div", { class: "row" }, this.#drop, this.#reopen, this.#save),
      ),
      this.#trouble,
      this.#told,
      this.#list,
      this.#empty,
      this.#disk,
      this.#room,
    );
    this.element.addEventListener("keydown", (event) => event.stopPropagation());
    studio.store.follow(["error"], () => this.#say(studio.store.get("error")));
    studio.store.addEventListener("toFetch", () => this.#offer(studio.store.get("toFetch")));
    studio.store.follow(["work"], () => {
      const work = studio.store.get("work");
      const part = work?.progress ? ` ${percent(work.progress)}` : "";
      this.#told.textContent = work?.message ? work.message + part : "";
    });
  }

  /** Show a model whose files are still to be fetched. @param {string} name */
  #offer(name) {
    if (this.element.hidden) this.open();
    else this.#refresh();
    this.#told.textContent = t("'{name}' is among the models now: fetch its files here.", { name });
  }

  open() {
    this.#owned();
    this.element.hidden = false;
    this.#inert(true);
    this.element.focus();
    addEventListener("keydown", this.#keys, true);
    this.#refresh();
    this.#following = new AbortController();
    if (this.#studio.connection.owns) this.#follow(this.#following);
  }

  close() {
    this.element.hidden = true;
    removeEventListener("keydown", this.#keys, true);
    this.#inert(false);
    this.#following?.abort();
    this.#following = null;
    this.#closed();
  }

  /** While it is open, no key plays what lies below. @param {KeyboardEvent} event */
  #keys = (event) => {
    const isOurs = event.target instanceof Node && this.element.contains(event.target);
    if (event.key === "Escape") this.close();
    if (event.key === "Escape" || !isOurs) event.stopPropagation();
  };

  /** What lies below is not for now. @param {boolean} isSo */
  #inert(isSo) {
    const main = document.querySelector("main");
    if (main) main.inert = isSo;
    const bar = /** @type {HTMLElement | null} */ (document.querySelector(".bar"));
    this.element.style.setProperty("--top", `${bar?.offsetHeight ?? 0}px`);
  }

  #owned() {
    this.#drop.hidden = this.#reopen.hidden = this.#room.hidden = !this.#studio.connection.owns;
    this.#told.textContent = this.#studio.connection.owns ? "" : t(NOT_OWNER);
  }

  /** Do something, say what went wrong, and show how things stand. @param {() => Promise<any>} work */
  async #act(work) {
    this.#say("");
    try {
      await work();
    } catch (error) {
      this.#say(sentence(error));
    }
    await this.#refresh();
  }

  /** @param {File} file */
  async #openWorkspace(file) {
    const { said } = await this.#manager.openWorkspace(file);
    if (said.length) throw new Error(said.join(" "));
    this.#told.textContent = t("'{file}' is open: its models start.", { file: file.name });
  }

  /** @param {string} words */
  #say(words) {
    this.#trouble.textContent = t(words);
    this.#trouble.hidden = !words;
  }

  async #refresh() {
    try {
      const [state, desk] = await Promise.all([this.#manager.gallery(), this.#manager.state()]);
      this.#running = desk.running;
      this.#show(state);
    } catch (error) {
      this.#say(sentence(error));
    }
  }

  /** @param {GalleryState} state */
  #show({ models, held, free }) {
    const seen = new Set(models.map(keyOf));
    for (const [key, card] of this.#cards) {
      if (seen.has(key)) continue;
      card.element.remove();
      this.#cards.delete(key);
    }
    for (const entry of models) {
      const card = this.#cards.get(keyOf(entry)) ?? this.#made(entry);
      card.show(entry, this.#running.find(({ name }) => name === entry.name) ?? null);
    }
    this.#arrange(models);
    this.#drawTasks(models);
    this.#disk.textContent = t("Fetched models take {held}; {free} more can be taken of the disk.", { held: sizeOf(held), free: sizeOf(free) });
    this.#sift();
  }

  /** @param {ModelEntry} entry */
  #made(entry) {
    const card = new GalleryCard({
      owns: this.#studio.connection.owns,
      act: (work) => this.#act(work),
      manager: this.#manager,
      jobs: this.#jobs,
      picture: (name) => fetchFile(this.#studio.connection.token, `/models/${encodeURIComponent(name)}/picture`),
    });
    this.#cards.set(keyOf(entry), card);
    return card;
  }

  /** What is here comes first; nothing moves that stands right. @param {ModelEntry[]} models */
  #arrange(models) {
    const rank = (/** @type {ModelEntry} */ { isHere, hasPicture }) => (isHere ? 0 : 2) + (hasPicture ? 0 : 1);
    const sorted = [...models].sort((a, b) => rank(a) - rank(b) || a.title.localeCompare(b.title));
    const elements = sorted.map((entry) => /** @type {GalleryCard} */ (this.#cards.get(keyOf(entry))).element);
    if (elements.some((element, k) => this.#list.children[k] !== element)) this.#list.replaceChildren(...elements);
  }

  /** Show what is looked for. */
  #sift() {
    const words = this.#search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const card of this.#cards.values()) {
      const text = card.text;
      const isWanted =
        FILTERS[this.#filter](card.entry) &&
        (!this.#task.value || taskOf(card.entry) === this.#task.value) &&
        words.every((word) => text.includes(word));
      card.element.hidden = !isWanted;
      if (isWanted) count++;
    }
    this.#empty.hidden = count > 0;
  }

  #drawFilters() {
    const buttons = Object.keys(FILTERS).map((name) => {
      const button = h("button", { type: "button", "aria-pressed": name === this.#filter }, name);
      button.addEventListener("click", () => {
        this.#filter = name;
        for (const other of buttons) other.setAttribute("aria-pressed", String(other === button));
        this.#sift();
      });
      return button;
    });
    this.#filters.replaceChildren(...buttons);
  }

  /** @param {ModelEntry[]} models */
  #drawTasks(models) {
    const tasks = [...new Set(models.map(taskOf).filter(Boolean))].sort();
    const chosen = this.#task.value;
    if (this.#task.options.length === tasks.length + 1) return;
    const options = tasks.map((task) => h("option", { value: task }, task));
    this.#task.replaceChildren(h("option", { value: "" }, "For anything"), ...options);
    this.#task.value = chosen;
  }

  /** Hear how far what is fetched is. @param {AbortController} following */
  async #follow(following) {
    const changed = (/** @type {Job} */ job) => {
      if (job.tool !== "pull" || this.#following !== following) return;
      const card = [...this.#cards.values()].find(({ entry }) => entry.name === job.inputs?.name);
      const worked = card?.isWorking;
      card?.showJob(job);
      if (worked && !WORKING.includes(job.state)) this.#refresh();
    };
    await this.#jobs.follow(following.signal, changed, () => {}).catch(() => {});
    if (this.#following === following) setTimeout(() => this.#following === following && this.#follow(following), AGAIN_MS);
  }
}

/** @param {ModelEntry} entry */
const keyOf = ({ origin, name }) => `${origin === "fetched" ? "catalogue" : origin} ${name}`;

/** What a model is looked for by. @param {ModelEntry} entry */
const taskOf = ({ task, family }) => task || family;
