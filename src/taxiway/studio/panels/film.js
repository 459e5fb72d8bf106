/** Film: click at what is to be cut out of a film, follow it through, correct, and write it. */

import { h } from "../dom.js";
import { Editor } from "../film/editor.js";
import { Films } from "../film/films.js";
import { WORKING } from "../jobs/jobs.js";
import { sentence } from "../slots.js";
import { moment, percent, t } from "../words.js";

/** @import { Job } from "../jobs/jobs.js" */
/** @import { Panel, Studio } from "../types.d.ts" */

const EVERY_MS = 1000;

export default /** @type {Panel} */ ({
  title: "Film",
  place: "side",
  order: 85,
  owner: true,
  mount,
});

/** @param {HTMLElement} root @param {Studio} studio */
function mount(root, { connection }) {
  const room = new Room(() => connection.token);
  root.append(...room.elements);
  new IntersectionObserver(([{ isIntersecting }]) => room.watch(isIntersecting)).observe(root);
}

/** The films there are, and the one that is looked at. Asks the server while it is watched. */
class Room {
  #films;
  #editor;
  #chosen = "";
  #timer = 0;
  #isAsking = false;
  #file = /** @type {HTMLInputElement} */ (h("input", { type: "file", accept: "video/*,.gif", hidden: true, id: "film-file" }));
  #new = h("button", { type: "button", id: "film-new" }, "New film");
  #list = h("div", { class: "row film-list", role: "group", "aria-label": "Films" });
  #trouble = h("p", { class: "train-trouble", role: "alert", hidden: true });
  #lack = h("p", { class: "trouble", role: "note", hidden: true });
  #hint = h(
    "p",
    { class: "hint" },
    "Choose a film, click at what you want of it, and it is cut out of every frame. Nothing leaves this machine.",
  );

  /** @param {() => string} token */
  constructor(token) {
    this.#films = new Films(token);
    this.#editor = new Editor(this.#films, (work) => this.#act(work));
    this.#editor.element.hidden = true;
    this.#new.addEventListener("click", () => this.#file.click());
    this.#file.addEventListener("change", () => this.#open());
    this.#learn();
  }

  get elements() {
    return [
      h("div", { class: "film-bar" }, this.#list, this.#new, this.#file),
      this.#lack,
      this.#trouble,
      this.#hint,
      this.#editor.element,
    ];
  }

  /** @param {boolean} isWatched */
  watch(isWatched) {
    clearInterval(this.#timer);
    this.#timer = 0;
    this.#editor.pause();
    if (!isWatched) return;
    this.#refresh();
    this.#timer = setInterval(() => document.hidden || this.#refresh(), EVERY_MS);
  }

  /** What the tool takes, or why it cannot be used. */
  async #learn() {
    const { tool, broken } = await this.#films.tool().catch(() => ({ tool: undefined, broken: "" }));
    this.#lack.textContent = t(broken);
    this.#lack.hidden = !broken;
    this.#new.disabled = Boolean(broken);
    if (tool) this.#editor.offer(tool);
  }

  async #open() {
    const [file] = this.#file.files ?? [];
    this.#file.value = "";
    if (!file) return;
    this.#new.disabled = true;
    const report = (/** @type {number} */ part) => (this.#new.textContent = t("Sends it, {part}", { part: percent(part) }));
    await this.#act(async () => {
      this.#chosen = (await this.#films.open(file, report)).id;
    });
    this.#new.textContent = t("New film");
    this.#new.disabled = false;
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
    if (this.#isAsking) return;
    this.#isAsking = true;
    try {
      const known = await this.#films.all();
      if (!known.some(({ id }) => id === this.#chosen)) this.#chosen = known[0]?.id ?? "";
      this.#show(known);
      const job = known.find(({ id }) => id === this.#chosen);
      this.#editor.element.hidden = !job;
      this.#hint.hidden = Boolean(job);
      if (job) await this.#editor.show(job);
    } catch {
      // the server is away; the next look tells
    } finally {
      this.#isAsking = false;
    }
  }

  /** @param {Job[]} known */
  #show(known) {
    const text = JSON.stringify([known.map(({ id, state }) => [id, state]), this.#chosen]);
    if (this.#list.dataset.shown === text) return;
    this.#list.dataset.shown = text;
    const focused = document.activeElement?.id;
    this.#list.replaceChildren(...known.map((job) => this.#chip(job, known)));
    if (focused?.startsWith("film-chip-")) document.getElementById(focused)?.focus();
  }

  /** Of two with one name each says when it came. @param {Job} job @param {Job[]} known */
  #chip({ id, created, state, attached }, known) {
    const when = moment(1000 * created);
    const called = attached?.film?.[0];
    const isAlone = known.filter((other) => other.attached?.film?.[0] === called).length < 2;
    const name = !called ? when : isAlone ? called : `${called}, ${when}`;
    const words = WORKING.includes(state) ? t("{film}, at work", { film: name }) : name;
    const chip = h("button", { type: "button", id: `film-chip-${id}`, class: "chip", title: when }, words);
    chip.setAttribute("aria-pressed", String(id === this.#chosen));
    chip.addEventListener("click", () => {
      this.#chosen = id;
      this.#say("");
      this.#refresh();
    });
    return chip;
  }

  /** @param {string} words */
  #say(words) {
    this.#trouble.textContent = words;
    this.#trouble.hidden = !words;
  }
}
