/** The classes of a set: chosen by a press or a key, named, coloured, added, deleted, taken back. */

import { h } from "../dom.js";
import { t } from "../words.js";

/** @import { BoxClass, Overview } from "./sets.js" */

/** @typedef {{ change: (classes: BoxClass[]) => void, choose: (id: number) => void }} Owner */

const COLOURS = ["#ffcf4a", "#5aa9ff", "#ff6f61", "#5fe3a1", "#d58cff", "#ff9d3c", "#48dbe0", "#ff7ac0", "#b7e34d", "#9aa8ff", "#e0b08a", "#f2f2f2"];
/** What classes take; the other letters do something else here. */
export const KEYS = "1234567890gijklmrtuvwxyz";

export class Classes {
  #owner;
  /** @type {BoxClass[]} */
  #known = [];
  /** @type {Record<string, number>} */
  #counts = {};
  #current = -1;
  #isEditing = false;
  #list = h("ul", { class: "boxes-classes", "aria-label": "Classes" });
  #edit = h("button", { type: "button", class: "quiet", "aria-pressed": false }, "Edit");
  #name = h("input", { type: "text", id: "boxes-new-class", placeholder: "New class, such as bow", "aria-label": "New class", maxlength: 200, autocomplete: "off" });
  #form = h("form", { class: "row boxes-add" }, this.#name, h("button", { type: "submit" }, "Add"));

  /** @param {Owner} owner */
  constructor(owner) {
    this.#owner = owner;
    this.#edit.addEventListener("click", () => this.#toggle());
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#add(this.#name.value);
    });
    this.element = h("section", { class: "boxes-block" }, h("div", { class: "block-head" }, h("h3", {}, "Classes"), this.#edit), this.#list, this.#form);
  }

  get current() {
    return this.#active.find(({ id }) => id === this.#current);
  }

  get #active() {
    return this.#known.filter((one) => !one.deleted);
  }

  /** @param {number} id */
  of(id) {
    return this.#known.find((one) => one.id === id);
  }

  /** The class of a key. @param {string} key */
  byKey(key) {
    return key ? this.#active.find((one) => one.key === key) : undefined;
  }

  /** @param {Overview} overview */
  show({ classes, counts }) {
    const text = JSON.stringify([classes, counts]);
    if (text === this.#list.dataset.shown) return;
    this.#list.dataset.shown = text;
    [this.#known, this.#counts] = [classes, { ...counts }];
    if (!this.current) this.#current = this.#active[0]?.id ?? -1;
    this.#draw();
  }

  /** One more, or one less. @param {number} id @param {number} by */
  count(id, by) {
    this.#counts[id] = (this.#counts[id] ?? 0) + by;
    const place = this.#list.querySelector(`[data-class="${id}"] .boxes-count`);
    if (place) place.textContent = String(this.#counts[id]);
  }

  /** @param {number} id */
  turnTo(id) {
    this.#current = id;
    for (const item of this.#list.children) {
      const row = /** @type {HTMLElement} */ (item);
      row.querySelector(".boxes-class")?.setAttribute("aria-pressed", String(Number(row.dataset.class) === id));
    }
  }

  /** Ask for the first class. */
  ask() {
    this.#name.focus();
  }

  #toggle() {
    this.#isEditing = !this.#isEditing;
    this.#edit.setAttribute("aria-pressed", String(this.#isEditing));
    this.#edit.textContent = this.#isEditing ? t("Done") : t("Edit");
    this.#draw();
  }

  #draw() {
    const rows = this.#isEditing ? this.#known.map((one) => this.#editRow(one)) : this.#active.map((one) => this.#row(one));
    this.#list.replaceChildren(...rows);
    this.#edit.hidden = !this.#known.length;
    this.turnTo(this.#current);
  }

  /** @param {BoxClass} one */
  #row({ id, name, colour, key }) {
    const swatch = h("span", { class: "boxes-swatch" });
    swatch.style.background = colour;
    const button = h(
      "button",
      { type: "button", class: "boxes-class" },
      swatch,
      h("span", { class: "boxes-name", translate: "no" }, name),
      h("span", { class: "boxes-count figure", title: "boxes" }, this.#counts[id] ?? 0),
      key ? h("kbd", {}, key.toUpperCase()) : null,
    );
    button.addEventListener("click", () => this.#owner.choose(id));
    return h("li", { "data-class": id }, button);
  }

  /** @param {BoxClass} one */
  #editRow(one) {
    const { id, name, colour, key, deleted } = one;
    const n = this.#counts[id] ?? 0;
    const with_ = (/** @type {Partial<BoxClass>} */ change) =>
      this.#owner.change(this.#known.map((other) => (other.id === id ? { ...other, ...change } : other)));
    if (deleted) {
      const back = h("button", { type: "button", onclick: () => with_({ deleted: false, key: "" }) }, "Take back");
      return h("li", { "data-class": id, class: "boxes-deleted" }, h("span", {}, t("{name}, deleted with {n} box | {name}, deleted with {n} boxes", { name, n })), back);
    }
    const called = h("input", { type: "text", value: name, "aria-label": t("Name of {name}", { name }), maxlength: 200 });
    called.addEventListener("change", () => with_({ name: called.value.trim().replace(/\s+/g, " ") }));
    const paint = h("input", { type: "color", value: colour, "aria-label": t("Colour of {name}", { name }) });
    paint.addEventListener("change", () => with_({ colour: paint.value }));
    const by = h("input", { type: "text", class: "boxes-key", value: key, maxlength: 1, "aria-label": t("Key of {name}", { name }), title: t("A key: {keys}", { keys: KEYS }) });
    by.addEventListener("change", () => with_({ key: by.value.toLowerCase().trim() }));
    const remove = h("button", { type: "button", title: t("Delete {name} with its {n} box; both can be taken back | Delete {name} with its {n} boxes; both can be taken back", { name, n }), onclick: () => with_({ deleted: true }) }, t("Delete ({n})", { n }));
    return h("li", { "data-class": id, class: "boxes-edit" }, paint, called, by, remove);
  }

  /** @param {string} text */
  #add(text) {
    const name = text.trim().replace(/\s+/g, " ");
    if (!name) return;
    const id = Math.max(-1, ...this.#known.map((one) => one.id)) + 1;
    const taken = new Set(this.#active.map(({ key }) => key));
    const key = [...KEYS].find((one) => !taken.has(one)) ?? "";
    this.#name.value = "";
    this.#current = id;
    this.#owner.change([...this.#known, { id, name, colour: COLOURS[id % COLOURS.length], key, deleted: false }]);
  }
}
