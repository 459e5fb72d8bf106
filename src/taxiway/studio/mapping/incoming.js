/** What comes in now, from whom: to see that it does, and to choose from while one learns. */

import { h } from "../dom.js";
import { number, t } from "../words.js";

/** @import { MappingState, Note } from "../types.d.ts" */

const RECENT_S = 10;

export class Incoming {
  element = h("div", { class: "incoming" });
  #choose;
  #isLearning;
  #notes;
  #rows = /** @type {Map<string, { row: HTMLElement, figure: HTMLElement, by: HTMLElement, choose: HTMLElement, why: HTMLElement }>} */ (new Map());
  #none = h("p", { class: "hint" }, "Nothing: no message, no knob, no sound.");

  /**
   * @param {(signal: string) => void} choose let a signal move the control that is to be learnt
   * @param {() => boolean} isLearning @param {() => Note[]} notes what does nothing
   */
  constructor(choose, isLearning, notes) {
    this.#choose = choose;
    this.#isLearning = isLearning;
    this.#notes = notes;
  }

  /** @param {MappingState} state */
  show({ heard, bindings }) {
    // By name, so that none moves away under the finger.
    const names = Object.keys(heard).filter((name) => heard[name].ago < RECENT_S).sort();
    for (const name of names) if (!this.#rows.has(name)) this.#rows.set(name, this.#row(name));
    const rows = names.map((name) => /** @type {any} */ (this.#rows.get(name)));
    for (const [k, { figure, by, choose, why }] of rows.entries()) {
      const isBound = bindings.some(({ from }) => from === names[k]);
      why.textContent = isBound ? "" : this.#whyNothing(names[k]);
      figure.textContent = number(heard[names[k]].value, 3);
      by.textContent = heard[names[k]].by;
      choose.hidden = !this.#isLearning();
    }
    const wanted = rows.length ? rows.map(({ row }) => row) : [this.#none];
    const isSame = wanted.length === this.element.children.length && wanted.every((row, k) => row === this.element.children[k]);
    if (!isSame) this.element.replaceChildren(...wanted);
  }

  /** Why a message moves nothing, and the address that was meant, perhaps. @param {string} name */
  #whyNothing(name) {
    const address = name.replace(/^osc:(.*?)(:\d+)?$/, "$1");
    return this.#notes().find(({ words }) => words.startsWith(`${address} is no address here`))?.words ?? "";
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
    const why = h("small", { class: "why-nothing" });
    return { row: h("div", { class: "address-head" }, h("code", {}, name), figure, by, choose, why), figure, by, choose, why };
  }
}
