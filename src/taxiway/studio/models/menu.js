/** The menu of models in the bar: those that run, those that can be started, and their chains. */

import { h } from "../dom.js";
import { factsOf } from "../panels/card.js";
import { title as nameOf } from "../declaration.js";
import { languageChoice } from "../language.js";
import { NOT_OWNER } from "../owner.js";
import { stateWord } from "../status.js";
import { makeWidget } from "../widgets/index.js";
import { chainsSection } from "./chains.js";
import { Gallery } from "./gallery.js";
import { addressOf, Manager } from "./manager.js";
import { t } from "../words.js";

/** @import { Card, Field, ManagerState, RunningModel, Studio } from "../types.d.ts" */

const EVERY_MS = 2000;

/** @param {Pick<Studio, "store" | "connection" | "files">} studio */
export function makeMenu({ store, connection, files }) {
  const name = h("span", { class: "model-title" });
  store.follow(["model"], () => (name.textContent = store.get("model")?.title ?? t("Models")));
  const button = h("button", { type: "button", id: "models", "aria-expanded": false }, name);
  button.title = t("Other models, and chains between them");
  const own = () => store.get("model")?.name ?? "";
  const menu = new Menu(new Manager(() => connection.token), own, () => connection.owns);
  const open = (/** @type {boolean} */ isOpen) => {
    button.setAttribute("aria-expanded", String(isOpen));
    menu.toggle(isOpen);
  };
  button.addEventListener("click", () => open(Boolean(menu.element.hidden)));
  const gallery = new Gallery({ store, connection, files }, () => button.focus());
  const all = h("button", { type: "button", id: "models-all", class: "menu-all" }, "All models");
  all.addEventListener("click", () => {
    open(false);
    gallery.open();
  });
  menu.element.prepend(all);
  menu.element.append(h("label", { class: "menu-language" }, h("span", {}, "Language"), languageChoice()));
  const element = h("div", { class: "models" }, button, menu.element, gallery.element);
  element.addEventListener("keydown", (event) => {
    if (menu.element.hidden && gallery.element.hidden) return;
    event.stopPropagation();
    if (event.key !== "Escape") return;
    open(false);
    button.focus();
  });
  document.addEventListener("pointerdown", ({ target }) => {
    if (!menu.element.hidden && target instanceof Node && !element.contains(target)) open(false);
  });
  return element;
}

/** The list below the button; it asks the server every two seconds while it is open. */
class Menu {
  element = h("div", { class: "menu", role: "dialog", "aria-label": "Models", hidden: true });
  #content = h("div", {});
  #trouble = h("p", { class: "menu-trouble", role: "alert", hidden: true });
  #manager;
  #own;
  #owns;
  #timer = 0;
  #shown = "";
  /** Names of models whose cards are open. @type {Set<string>} */
  #read = new Set();
  /** Names of models whose options are open. @type {Set<string>} */
  #opened = new Set();
  /** The options that were chosen, by the model's name. @type {Map<string, Record<string, any>>} */
  #chosen = new Map();

  /**
   * @param {Manager} manager
   * @param {() => string} own the name of this page's model
   * @param {() => boolean} owns whether this is the owner's page
   */
  constructor(manager, own, owns) {
    this.#owns = owns;
    this.#manager = manager;
    this.#own = own;
    this.element.append(this.#content, this.#trouble);
  }

  /** @param {boolean} isOpen */
  toggle(isOpen) {
    this.element.hidden = !isOpen;
    clearInterval(this.#timer);
    if (!isOpen) return;
    this.#trouble.hidden = true;
    this.#refresh();
    this.#timer = setInterval(() => this.#refresh(), EVERY_MS);
  }

  /** Do something, say what went wrong, and show how things stand. @param {() => Promise<any>} work */
  async #act(work) {
    try {
      await work();
      this.#trouble.hidden = true;
    } catch (error) {
      this.#report(error instanceof Error ? error.message : String(error));
    }
    await this.#refresh();
  }

  /** Show how things stand; while the server is away, as they stood. */
  async #refresh() {
    const state = await this.#manager.state().catch(() => null);
    if (state) this.#show(state);
  }

  /** What has not changed stays as it is, with its focus and what was chosen. @param {ManagerState} state */
  #show(state) {
    const text = JSON.stringify(state);
    if (text === this.#shown) return;
    this.#shown = text;
    const running = new Set(state.running.map(({ name }) => name));
    const idle = state.models.filter(({ name }) => !running.has(name));
    this.#content.replaceChildren(
      part(
        "Running",
        state.running.map((place) => this.#runningLine(place, state)),
      ),
      ...(idle.length && this.#owns()
        ? [
            part(
              "Start another",
              idle.map((card) => this.#startLine(card)),
            ),
          ]
        : []),
      chainsSection(state, this.#own(), {
        mayChange: this.#owns(),
        link: (chain) => this.#act(() => this.#manager.link(chain)),
        unlink: (chain) => this.#act(() => this.#manager.unlink(chain)),
      }),
      ...(this.#owns() ? [] : [h("p", { class: "hint owner-only" }, NOT_OWNER)]),
    );
  }

  /** @param {RunningModel} place @param {ManagerState} state */
  #runningLine(place, { running }) {
    const isOwn = place.name === this.#own();
    const address = addressOf(place);
    const label = [
      h("span", { class: "lamp", "data-lamp": place.state, "aria-hidden": "true" }),
      h(
        "span",
        {},
        place.title,
        h(
          "small",
          {},
          t("{state} at {address}", { state: stateWord({ name: place.state, message: "" }), address: new URL(address).host }),
        ),
      ),
    ];
    const way = isOwn
      ? h("span", { class: "menu-way", "aria-current": "page" }, ...label)
      : h("a", { class: "menu-way", href: address }, ...label);
    const next = running.find(({ name }) => name !== place.name);
    const stop = h("button", { type: "button", "aria-label": t("Stop {model}", { model: place.title }) }, "Stop");
    stop.hidden = !next || !this.#owns();
    stop.addEventListener("click", () =>
      this.#act(async () => {
        await this.#manager.stop(place.name);
        if (isOwn && next) location.assign(addressOf(next));
      }),
    );
    return h("li", { class: "menu-line" }, way, stop);
  }

  /** @param {Card} card */
  #startLine(card) {
    const { name, title, summary, error } = card;
    if (error) {
      const said = h("small", { class: "menu-broken" }, error);
      return h("li", {}, h("span", { class: "menu-way" }, h("span", {}, title ?? name, said)));
    }
    const start = h("button", { type: "button", "aria-label": t("Start {model}", { model: title ?? name }) }, "Start");
    start.addEventListener("click", () => {
      start.disabled = true;
      this.#act(async () => location.assign(addressOf(await this.#start(name)))).finally(
        () => (start.disabled = false),
      );
    });
    const words = h(
      "span",
      { class: "menu-way" },
      h("span", {}, title ?? name, h("small", {}, summary ?? "")),
    );
    const told = h("details", { class: "menu-card" }, h("summary", {}, "Card"), factsOf(card));
    told.open = this.#read.has(name);
    told.addEventListener("toggle", () => this.#read[told.open ? "add" : "delete"](name));
    return h("li", {}, h("div", { class: "menu-line" }, words, start), ...this.#form(card), told);
  }

  /** @param {string} name */
  #start(name) {
    return this.#manager.start(name, this.#chosen.get(name) ?? {});
  }

  /**
   * The options of a model that it can be started with; open where one is needed.
   * @param {Card} card
   */
  #form({ name, options = [] }) {
    if (!options.length) return [];
    const chosen = this.#chosen.get(name) ?? {};
    this.#chosen.set(name, chosen);
    const lines = options.map((field) => this.#option(field, `${name}-${field.name}`, chosen));
    const isNeeded = options.some((field) => !field.optional && (field.default ?? null) === null);
    const form = h("details", { class: "menu-card" }, h("summary", {}, "Options"), ...lines);
    form.open = isNeeded || this.#opened.has(name);
    form.addEventListener("toggle", () => this.#opened[form.open ? "add" : "delete"](name));
    return [form];
  }

  /** @param {Field} field @param {string} id @param {Record<string, any>} chosen */
  #option(field, id, chosen) {
    const widget = makeWidget(
      { ...field, name: id },
      (value) => {
        chosen[field.name] = value;
        widget.show(value);
      },
      (sentence) => this.#report(sentence),
    );
    widget.show(chosen[field.name] ?? widget.initial);
    return h(
      "div",
      { class: widget.isWide ? "line wide" : "line", title: field.description },
      h("label", { for: `input-${id}` }, nameOf(field.name)),
      widget.element,
    );
  }

  /** @param {string} sentence */
  #report(sentence) {
    this.#trouble.textContent = t(sentence);
    this.#trouble.hidden = false;
  }
}

/** @param {string} heading @param {HTMLElement[]} lines */
function part(heading, lines) {
  return h(
    "section",
    { class: "menu-part" },
    h("h3", {}, heading),
    h("ul", { class: "menu-lines" }, ...lines),
  );
}
