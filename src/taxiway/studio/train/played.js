/** The models of trainings that were given a place from here, until they are stopped. */

import { h } from "../dom.js";
import { addressOf } from "../models/desk.js";

/** @typedef {import("../models/desk.js").Place} Place */

export class Played {
  element = h("ul", { class: "train-places", "aria-live": "polite", hidden: true });
  #desk;
  #act;
  /** @type {Map<string, Place>} */
  #places = new Map();

  /**
   * @param {import("../models/desk.js").Desk} desk
   * @param {(work: () => Promise<any>) => Promise<void>} act does it, and says what went wrong
   */
  constructor(desk, act) {
    this.#desk = desk;
    this.#act = act;
  }

  /** @param {Place} place */
  add(place) {
    this.#places.set(place.name, place);
    this.#draw();
  }

  /** Forget those that were stopped meanwhile. */
  async refresh() {
    if (!this.#places.size) return;
    const state = await this.#desk.state().catch(() => null);
    const running = new Set(state?.running.map(({ name }) => name));
    const gone = [...this.#places.keys()].filter((name) => state && !running.has(name));
    gone.forEach((name) => this.#places.delete(name));
    if (gone.length) this.#draw();
  }

  #draw() {
    this.element.replaceChildren(...[...this.#places.values()].map((place) => this.#line(place)));
    this.element.hidden = !this.#places.size;
  }

  /** @param {Place} place */
  #line(place) {
    const { host, href } = new URL(addressOf(place));
    const stop = h("button", { type: "button", "aria-label": `Stop ${place.title}` }, "Stop");
    stop.hidden = host === location.host;
    stop.addEventListener("click", () => this.#act(() => this.#desk.stop(place.name)));
    return h("li", {}, h("span", {}, `${place.title} plays at `, h("a", { href }, host)), stop);
  }
}
