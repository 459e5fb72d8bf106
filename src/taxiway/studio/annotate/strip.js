/** The pictures of a set in a row, each with its state; small pictures come as they are seen. */

import { h } from "../dom.js";
import { STATES } from "./sets.js";
import { t } from "../words.js";

/** @import { Listed, Sets, ShownState } from "./sets.js" */

const AT_ONCE = 4;

export class Strip {
  #sets;
  #id;
  #choose;
  #element = h("div", { class: "boxes-strip", role: "listbox", "aria-label": "Pictures", "aria-orientation": "horizontal", tabindex: -1 });
  /** @type {Map<string, { item: HTMLElement, image: HTMLImageElement, mark: HTMLElement, state: string }>} */
  #items = new Map();
  /** @type {string[]} */
  #wanted = [];
  #coming = 0;
  #filter = "";
  #observer = new IntersectionObserver((seen) => this.#seen(seen), { root: this.#element, rootMargin: "0px 400px" });

  /** @param {Sets} sets @param {string} id @param {(name: string) => void} choose */
  constructor(sets, id, choose) {
    this.#sets = sets;
    this.#id = id;
    this.#choose = choose;
  }

  get element() {
    return this.#element;
  }

  /** @param {Listed[]} pictures */
  show(pictures) {
    const names = pictures.map(({ name }) => name);
    if (names.join("\n") !== [...this.#items.keys()].join("\n")) this.#make(names);
    for (const { name, state } of pictures) this.mark(name, state);
  }

  /** @param {string} name @param {ShownState} state */
  mark(name, state) {
    const known = this.#items.get(name);
    if (!known || known.state === state) return;
    known.state = known.item.dataset.picture = state;
    known.mark.textContent = STATES[state].mark;
    known.item.setAttribute("aria-label", `${name}: ${t(STATES[state].title)}`);
    this.#hide(known);
  }

  /** Show those in one state; all for "". @param {string} state */
  only(state) {
    this.#filter = state;
    for (const known of this.#items.values()) this.#hide(known);
  }

  /** @param {string} name */
  turnTo(name) {
    for (const [one, { item }] of this.#items) item.setAttribute("aria-selected", String(one === name));
    const item = this.#items.get(name)?.item;
    const middle = item ? item.offsetLeft - this.#element.offsetLeft + item.offsetWidth / 2 : 0;
    this.#element.scrollTo({ left: middle - this.#element.clientWidth / 2 });
  }

  close() {
    this.#observer.disconnect();
    for (const { image } of this.#items.values()) URL.revokeObjectURL(image.src);
  }

  /** @param {string[]} names */
  #make(names) {
    const before = this.#items;
    this.#items = new Map(names.map((name) => [name, before.get(name) ?? this.#item(name)]));
    this.#element.replaceChildren(...[...this.#items.values()].map(({ item }) => item));
  }

  /** @param {string} name */
  #item(name) {
    const image = h("img", { alt: "", draggable: "false" });
    const mark = h("span", { class: "boxes-mark", "aria-hidden": true });
    const item = h("button", { type: "button", role: "option", class: "boxes-item", title: name, tabindex: -1, "data-name": name }, image, mark);
    item.addEventListener("click", () => this.#choose(name));
    this.#observer.observe(item);
    return { item, image, mark, state: "" };
  }

  /** @param {{ item: HTMLElement, state: string }} known */
  #hide({ item, state }) {
    item.hidden = this.#filter !== "" && this.#filter !== state;
  }

  /** @param {IntersectionObserverEntry[]} seen */
  #seen(seen) {
    for (const { target, isIntersecting } of seen) {
      const name = /** @type {HTMLElement} */ (target).dataset.name ?? "";
      if (isIntersecting) this.#wanted.push(name);
      else this.#wanted = this.#wanted.filter((one) => one !== name);
    }
    this.#fetch();
  }

  /** The next few; those that came into sight last are wanted first. */
  #fetch() {
    while (this.#coming < AT_ONCE && this.#wanted.length) {
      const name = /** @type {string} */ (this.#wanted.pop());
      const known = this.#items.get(name);
      if (!known) continue;
      this.#observer.unobserve(known.item);
      this.#coming += 1;
      this.#sets
        .thumbnail(this.#id, name)
        .then((blob) => (known.image.src = URL.createObjectURL(blob)))
        .catch(() => known.item.classList.add("broken"))
        .finally(() => {
          this.#coming -= 1;
          this.#fetch();
        });
    }
  }
}
