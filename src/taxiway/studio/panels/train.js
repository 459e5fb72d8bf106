/** Trainings: the one that is looked at, the list of all, and the form that begins another. */

import { makeDatasetView } from "../annotate/dataset.js";
import { Sets } from "../annotate/sets.js";
import { h } from "../dom.js";
import { Manager } from "../models/manager.js";
import { makeForm } from "../train/form.js";
import { Installer } from "../train/install.js";
import { Played } from "../train/played.js";
import { sentence } from "../slots.js";
import { Trainings, WORKING } from "../train/trainings.js";
import { View } from "../train/view.js";
import { moment, percent, t } from "../words.js";

/** @import { Panel, Studio } from "../types.d.ts" */

/** @typedef {import("../train/trainings.js").Summary} Summary */

const EVERY_MS = 2000;

export default /** @type {Panel} */ ({
  title: "Train",
  place: "side",
  order: 80,
  owner: true,
  mount,
});

/** @param {HTMLElement} root @param {Studio} studio */
function mount(root, { connection, store }) {
  const room = new Room(() => connection.token);
  store.addEventListener("training", () => room.begin(store.get("training")));
  root.append(...room.elements);
  new IntersectionObserver(([{ isIntersecting }]) => room.watch(isIntersecting)).observe(root);
}

/** Asks the server every two seconds while it is watched. */
class Room {
  #trainings;
  #manager;
  #played;
  #view;
  #form;
  #installer;
  #sets;
  /** Of the set of pictures with boxes that the form names. */
  #dataset;
  #list = h("div", { class: "row train-list", role: "group", "aria-label": "Trainings" });
  #trouble = h("p", { class: "train-trouble", role: "alert", hidden: true });
  #chosen = "";
  #isNew = false;
  /** Ids of sets of pictures with boxes. @type {Set<string>} */
  #boxes = new Set();
  #shownSet = "";
  #timer = 0;
  /** @type {Summary[]} */
  #known = [];

  /** @param {() => string} token */
  constructor(token) {
    this.#trainings = new Trainings(token);
    this.#manager = new Manager(token);
    const act = (/** @type {() => Promise<any>} */ work) => this.#act(work);
    this.#played = new Played(this.#manager, act);
    this.#view = new View(this.#trainings, this.#played, act);
    this.#form = makeForm(
      (tool, inputs) => this.#begin(tool, inputs),
      () => this.#turnTo(this.#chosen),
      (sentence) => this.#say(sentence),
    );
    this.#sets = new Sets(token);
    this.#dataset = makeDatasetView(this.#sets, (id, picture) => (location.hash = `#annotate=${id}&${encodeURIComponent(picture)}`));
    this.#form.element.addEventListener("input", () => this.#showDataset());
    this.#installer = new Installer(token, () => this.#openForm());
    this.#view.element.hidden = this.#form.element.hidden = true;
  }

  get elements() {
    return [
      this.#list,
      this.#trouble,
      this.#installer.element,
      this.#form.element,
      this.#dataset.element,
      this.#view.element,
    ];
  }

  /** Show the form with what another panel asks for. @param {{ tool: string, inputs: Record<string, any> } | null} wanted */
  begin(wanted) {
    if (!wanted) return;
    this.#form.ask(wanted);
    this.#openForm();
  }

  /** @param {boolean} isWatched */
  watch(isWatched) {
    clearInterval(this.#timer);
    this.#timer = 0;
    if (!isWatched) return;
    this.#refresh();
    this.#timer = setInterval(() => document.hidden || this.#refresh(), EVERY_MS);
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

  async #refresh() {
    const known = await this.#trainings.all().catch(() => null);
    if (!known) return;
    this.#known = known;
    if (!known.some(({ name }) => name === this.#chosen)) this.#chosen = firstOf(known);
    this.#showList();
    const detail = this.#chosen && (await this.#trainings.one(this.#chosen).catch(() => null));
    if (detail && detail.name === this.#chosen) this.#view.show(detail);
    await this.#played.refresh();
    this.#arrange();
  }

  #showList() {
    const known = this.#known.map((training) => this.#chip(training));
    const more = h("button", { type: "button", id: "train-new" }, "New training");
    more.addEventListener("click", () => this.#openForm());
    more.setAttribute("aria-pressed", String(this.#isNew));
    const text = JSON.stringify([this.#known, this.#chosen, this.#isNew]);
    if (this.#list.dataset.shown === text) return;
    this.#list.dataset.shown = text;
    const focused = document.activeElement?.id;
    this.#list.replaceChildren(...known, more);
    if (focused?.startsWith("training-")) document.getElementById(focused)?.focus();
  }

  /** @param {Summary} training */
  #chip({ name, title, state, kimg, total }) {
    const far = total
      ? h("small", { class: "figure" }, percent(kimg / total))
      : null;
    const lamp = h("span", { class: "lamp", "aria-hidden": true });
    const chip = h(
      "button",
      { type: "button", id: `training-${name}`, class: "chip", "data-training": state },
      lamp,
      title,
      far,
    );
    chip.setAttribute("aria-pressed", String(!this.#isNew && name === this.#chosen));
    chip.addEventListener("click", () => this.#turnTo(name));
    return chip;
  }

  /** @param {string} name */
  #turnTo(name) {
    this.#chosen = name;
    this.#isNew = false;
    this.#say("");
    this.#refresh();
  }

  async #openForm() {
    this.#isNew = true;
    this.#say("");
    this.#showList();
    this.#arrange();
    const state = await this.#manager.state().catch(() => null);
    const models = (state?.models ?? []).filter((card) => card.checkpoint);
    const made = this.#known.filter(({ kimg }) => kimg > 0);
    const pair = (/** @type {string} */ name, /** @type {string} */ words) =>
      /** @type {[string, string]} */ ([name, words]);
    const datasets = await this.#trainings.datasets().catch(() => []);
    const { sets } = await this.#sets.all().catch(() => ({ sets: [] }));
    const when = (/** @type {number} */ created) => moment(1000 * created);
    const offer = await this.#trainings.trainers().catch((error) => this.#say(sentence(error)));
    this.#installer.offer(offer?.lacking ?? "");
    this.#arrange();
    this.#form.offer(offer?.tools ?? {}, offer?.broken ?? {}, {
      start: [
        ...models.map(({ name, title }) => pair(name, title ?? name)),
        ...made.map(({ name, title }) => pair(name, t("{title}, trained here", { title }))),
      ],
      dataset: [
        ...datasets.map(({ id, created }) => pair(id, t("prepared {when}", { when: when(created) }))),
        ...sets.map(({ id, title }) => pair(id, t("boxes of {title}", { title }))),
      ],
    });
    if (this.#isNew) document.getElementById("train-dataset")?.focus();
    this.#boxes = new Set(sets.map(({ id }) => id));
    this.#showDataset();
  }

  /** Show the pictures and boxes that are trained on, where the form names a set of them. */
  #showDataset() {
    const field = /** @type {HTMLInputElement | null} */ (document.getElementById("train-dataset"));
    const id = this.#isNew && this.#boxes.has(field?.value ?? "") ? (field?.value ?? "") : "";
    if (id !== this.#shownSet) this.#dataset.show((this.#shownSet = id));
  }

  /** @param {string} tool @param {Record<string, any>} inputs */
  #begin(tool, inputs) {
    this.#act(async () => {
      const { id } = await this.#trainings.start(tool, inputs);
      this.#chosen = id.replace("training:", "");
      this.#isNew = false;
      this.#form.reset();
    });
  }

  #arrange() {
    const shown = this.#isNew ? "form" : this.#chosen ? "view" : "none";
    if (shown === "none") this.#openForm();
    this.#form.element.hidden = shown === "view" || !this.#installer.element.hidden;
    this.#view.element.hidden = shown !== "view";
    if (shown === "view") this.#showDataset();
  }

  /** @param {string} words */
  #say(words) {
    this.#trouble.textContent = words;
    this.#trouble.hidden = !words;
  }
}

/** The one that works, else the first; none if there is none. @param {Summary[]} known */
function firstOf(known) {
  return (known.find(({ state }) => WORKING.includes(state)) ?? known[0])?.name ?? "";
}
