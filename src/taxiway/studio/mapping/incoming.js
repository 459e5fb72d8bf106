/** What comes in now, from whom: to see that it does, and to choose from while one learns. */

import { h } from "../dom.js";
import { number, t } from "../words.js";

/** @import { MappingState } from "../types.d.ts" */

const RECENT_S = 10;

export class Incoming {
  element = h("div", { class: "incoming" });
  #choose;
  #isLearning;
  #rows = /** @type {Map<string, { row: HTMLElement, figure: HTMLElement, by: HTMLElement, choose: HTMLElement }>} */ (new Map());
  #none = h("p", { class: "hint" }, "Nothing: no message, no knob, no sound.");

  /** @param {(signal: string) => void} choose let a signal move the control that is to be learnt @param {() => boolean} isLearning */
  constructor(choose, isLearning) {
    this.#choose = choose;
    this.#isLearning = isLearning;
  }

  /** @param {MappingState["heard"]} heard */
  show(heard) {
    // By name, so that none moves away under the finger.
    const names = Object.keys(heard).filter((name) => heard[name].ago < RECENT_S).sort();
    for (const name of names) if (!this.#rows.has(name)) this.#rows.set(name, this.#row(name));
    const rows = names.map((name) => /** @type {any} */ (this.#rows.get(name)));
    for (const [k, { figure, by, choose }] of rows.entries()) {
      figure.textContent = number(heard[names[k]].value, 3);
      by.textContent = heard[names[k]].by;
      choose.hidden = !this.#isLearning();
    }
    const wanted = rows.length ? rows.map(({ row }) => row) : [this.#none];
    const isSame = wanted.length === this.element.children.length && wanted.every((row, k) => row === this.element.children[k]);
    if (!isSame) this.element.replaceChildren(...wanted);
  }

  /** @param {string} name */
  #row(name) {
    const figure = h("span", { class: "figure" });
    const by = h("span", { class: "mover" });
    const choose = h(
      "button",
      { type: "button", "aria-label": t("Choose {name}", { name }), onclick: () => this.#choose(name), hidden: true },
      "Choose",
    );
    return { row: h("div", { class: "address-head" }, h("code", {}, name), figure, by, choose), figure, by, choose };
  }
}
