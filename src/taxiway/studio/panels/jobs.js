/** Jobs: all of them, newest first, and a form for every tool that works on this model. */

import { title } from "../declaration.js";
import { h } from "../dom.js";
import { JobCard, makeViewer } from "../jobs/card.js";
import { makeToolForm } from "../jobs/form.js";
import { Jobs, WORKING } from "../jobs/jobs.js";
import { Manager } from "../models/manager.js";
import { sentence } from "../slots.js";
import { inSentence, t } from "../words.js";

/** @import { Panel, Studio } from "../types.d.ts" */
/** @import { Job } from "../jobs/jobs.js" */

const AGAIN_MS = 3000;
const FILTERS = /** @type {Record<string, string[]>} */ ({
  All: [],
  Working: WORKING,
  Done: ["done"],
  Stopped: ["stopped"],
  Failed: ["failed"],
});

export default /** @type {Panel} */ ({
  title: "Jobs",
  place: "side",
  order: 90,
  owner: true,
  mount,
});

/** @param {HTMLElement} root @param {Studio} studio */
function mount(root, studio) {
  const room = new Room(studio);
  root.append(...room.elements);
  studio.store.addEventListener("job", () => room.ask(studio.store.get("job")));
  new IntersectionObserver(([{ isIntersecting }]) => room.watch(isIntersecting)).observe(root);
}

/** Follows the jobs while it is watched. */
class Room {
  #jobs;
  #manager;
  #model;
  #filter = "All";
  #tool = "";
  /** What the next form of the tool begins with. @type {Record<string, any>} */
  #given = {};
  /** The form that is open. @type {import("../jobs/form.js").ToolForm | null} */
  #open = null;
  /** @type {Map<string, { card: JobCard, job: Job }>} */
  #known = new Map();
  /** @type {AbortController | null} */
  #following = null;
  #filters = h("div", { class: "segments job-filters", role: "group", "aria-label": "Which jobs", hidden: true });
  #new = h("button", { type: "button", id: "job-new", "aria-expanded": false }, "New job");
  #trouble = h("p", { class: "train-trouble", role: "alert", hidden: true });
  #tools = h("div", { class: "job-tools", role: "group", "aria-label": "Tools" });
  #form = h("div", { class: "job-room" });
  #begin = h("div", { class: "job-new", hidden: true }, this.#tools, this.#form);
  #list = h("ul", { class: "job-list", "aria-label": "Jobs" });
  #empty = h("p", { class: "hint" }, "No jobs yet: New job films, mixes, projects, prepares, trains.");
  #viewer = makeViewer();
  #doubt = makeDoubt((card) => this.#act(() => this.#jobs.remove(card.id)));

  /** @param {Studio} studio */
  constructor({ connection, store, files }) {
    this.#jobs = new Jobs(() => connection.token);
    this.#manager = new Manager(() => connection.token);
    this.#model = () => store.get("model")?.name ?? "";
    this.#new.addEventListener("click", () => this.#toggleForm());
    connection.addEventListener("renewed", () => this.#following?.abort());
    this.#drawFilters();
    files.takePictures((file) => this.#form.checkVisibility() && (this.#open?.take(file) ?? false));
  }

  get elements() {
    return [
      h("div", { class: "job-bar" }, this.#new, this.#filters),
      this.#trouble,
      this.#begin,
      this.#empty,
      this.#list,
      this.#viewer.element,
      this.#doubt.element,
    ];
  }

  /** Open the form of a tool, with some inputs. @param {{ tool: string, inputs: Record<string, any> } | null} wanted */
  ask(wanted) {
    if (!wanted) return;
    this.#tool = wanted.tool;
    this.#given = wanted.inputs;
    this.#showForm(true);
  }

  /** @param {boolean} isWatched */
  watch(isWatched) {
    if (!isWatched) {
      this.#following?.abort();
      this.#following = null;
    } else if (!this.#following) {
      this.#following = new AbortController();
      this.#follow(this.#following);
    }
  }

  /** @param {AbortController} following */
  async #follow(following) {
    const isWanted = () => this.#following === following;
    const seen = new Set();
    const changed = (/** @type {Job} */ job) => {
      seen.add(job.id);
      if (isWanted()) this.#show(job);
    };
    try {
      await this.#jobs.follow(following.signal, changed, (id) => this.#forget(id));
    } catch {
      // it is tried again
    }
    if (!isWanted()) return;
    this.#following = new AbortController();
    const next = this.#following;
    setTimeout(() => this.#following === next && this.#follow(next), AGAIN_MS);
  }

  /** Do something, and say what went wrong. @param {() => Promise<any>} work */
  async #act(work) {
    this.#say("");
    try {
      return await work();
    } catch (error) {
      this.#say(sentence(error));
    }
  }

  /** @param {Job} job */
  #show(job) {
    let found = this.#known.get(job.id);
    if (!found) {
      const act = (/** @type {() => Promise<any>} */ work) => this.#act(work);
      const card = new JobCard(this.#jobs, act, this.#viewer.show, this.#doubt.ask);
      found = { card, job };
      this.#known.set(job.id, found);
      this.#place(job, card.element);
    }
    found.job = job;
    found.card.show(job);
    this.#arrange();
  }

  /** Newest first. @param {Job} job @param {HTMLElement} element */
  #place(job, element) {
    const older = [...this.#known.values()]
      .filter(({ job: other }) => other.id !== job.id && other.created < job.created)
      .sort((one, other) => other.job.created - one.job.created)[0];
    this.#list.insertBefore(element, older?.card.element ?? null);
  }

  /** @param {string} id */
  #forget(id) {
    const found = this.#known.get(id);
    found?.card.close();
    found?.card.element.remove();
    this.#known.delete(id);
    this.#arrange();
  }

  #arrange() {
    for (const { card, job } of this.#known.values()) {
      const wanted = FILTERS[this.#filter];
      card.element.hidden = wanted.length > 0 && !wanted.includes(job.state);
    }
    this.#empty.hidden = this.#known.size > 0;
    this.#filters.hidden = this.#known.size === 0;
    this.#drawFilters();
  }

  #drawFilters() {
    const states = [...this.#known.values()].map(({ job }) => job.state);
    const count = (/** @type {string[]} */ wanted) =>
      wanted.length ? states.filter((state) => wanted.includes(state)).length : states.length;
    const text = JSON.stringify([this.#filter, states]);
    if (this.#filters.dataset.shown === text) return;
    this.#filters.dataset.shown = text;
    const buttons = Object.entries(FILTERS).map(([name, wanted]) => {
      const button = h("button", { type: "button" }, `${t(name)} ${count(wanted) || ""}`);
      button.setAttribute("aria-pressed", String(name === this.#filter));
      button.addEventListener("click", () => {
        this.#filter = name;
        this.#arrange();
      });
      return button;
    });
    const focused = [...this.#filters.children].indexOf(/** @type {any} */ (document.activeElement));
    this.#filters.replaceChildren(...buttons);
    buttons[focused]?.focus();
  }

  #toggleForm() {
    return this.#showForm(!!this.#begin.hidden);
  }

  /** @param {boolean} isShown */
  async #showForm(isShown) {
    this.#begin.hidden = !isShown;
    this.#new.setAttribute("aria-expanded", String(isShown));
    this.#new.textContent = isShown ? t("Close") : t("New job");
    if (!isShown) return;
    if (!this.#tools.childElementCount) this.#tools.textContent = t("Looks for the tools.");
    await this.#act(() => this.#offer());
  }

  async #offer() {
    const { tools, broken } = await this.#jobs.tools(this.#model());
    const names = Object.keys(tools).sort();
    const known = await this.#names();
    const buttons = names.map((name) => {
      const button = h("button", { type: "button", title: tools[name].description }, title(name));
      button.addEventListener("click", () => choose(name));
      return button;
    });
    const choose = (/** @type {string} */ name) => {
      this.#tool = name;
      names.forEach((one, k) => buttons[k].setAttribute("aria-pressed", String(one === name)));
      const start = (/** @type {Record<string, any>} */ inputs) => this.#start(name, inputs);
      const reject = (/** @type {string} */ error) => this.#say(error);
      const words = t("Start {tool}", { tool: inSentence(title(name)) });
      const install = (/** @type {string} */ extra) => this.#start("install", { extra });
      const form = makeToolForm(`job-${name}`, tools[name], known, start, reject, words, broken[name], this.#given, install);
      const isAsked = Object.keys(this.#given).length > 0;
      this.#given = {};
      this.#form.replaceChildren(form.element);
      this.#open = form;
      if (isAsked) form.element.scrollIntoView({ block: "start" });
    };
    this.#tools.replaceChildren(...buttons);
    if (names.length) choose(names.includes(this.#tool) ? this.#tool : names[0]);
  }

  /** Names that inputs may take, by input. @returns {Promise<Record<string, [string, string][]>>} */
  async #names() {
    const state = await this.#manager.state().catch(() => null);
    const models = [...(state?.running ?? []), ...(state?.models ?? [])];
    const titles = new Map(models.map(({ name, title }) => [name, title ?? name]));
    const jobs = [...this.#known.values()].map(({ job }) => job);
    const datasets = jobs.filter(({ kind, state }) => kind === "dataset" && state === "done");
    const trainings = jobs.filter(({ kind, done }) => kind === "training" && done > 0);
    const made = trainings.map(({ id, title }) => /** @type {[string, string]} */ ([id.split(":")[1], title]));
    const names = /** @type {[string, string][]} */ ([...titles]);
    return {
      other: names,
      start: [...names, ...made],
      dataset: datasets.map(({ id, message }) => [id, message]),
    };
  }

  /** @param {string} tool @param {Record<string, any>} inputs */
  async #start(tool, inputs) {
    const button = /** @type {any} */ (this.#form.querySelector(".job-begin"));
    const words = button.textContent;
    button.disabled = true;
    await this.#act(async () => {
      const report = (/** @type {string} */ told) => (button.textContent = told);
      const job = await this.#jobs.start(tool, this.#model(), inputs, report);
      this.#show({ ...job, files: [] });
      await this.#toggleForm();
      this.#filter = "All";
      this.#arrange();
      this.#known.get(job.id)?.card.element.focus();
    });
    button.textContent = words;
    button.disabled = false;
  }

  /** @param {string} words */
  #say(words) {
    this.#trouble.textContent = words;
    this.#trouble.hidden = !words;
  }
}

/** Asks before a job is deleted. @param {(card: JobCard) => void} remove */
function makeDoubt(remove) {
  /** @type {JobCard | null} */
  let asked = null;
  const words = h("p", {});
  const yes = h("button", { type: "button", class: "primary" }, "Delete");
  const no = h("button", { type: "button" }, "Keep");
  const element = /** @type {HTMLDialogElement} */ (
    /** @type {unknown} */ (
      h("dialog", { class: "job-doubt" }, words, h("div", { class: "row" }, yes, no))
    )
  );
  no.addEventListener("click", () => element.close());
  yes.addEventListener("click", () => {
    element.close();
    if (asked) remove(asked);
  });
  const ask = (/** @type {JobCard} */ card) => {
    asked = card;
    words.textContent = t("Delete '{name}' and every file it made? They cannot be brought back.", { name: card.name });
    element.showModal();
  };
  return { element, ask };
}
