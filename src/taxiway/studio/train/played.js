/** The models of trainings that have a place, until they are stopped. */

import { at } from "../address.js";
import { h } from "../dom.js";
import { addressOf } from "../models/manager.js";
import { t } from "../words.js";

/** @import { RunningModel } from "../types.d.ts" */

/** What the names of their places begin with. */
const PLACES = "training-";

export class Played {
  element = h("ul", { class: "train-places", "aria-live": "polite", hidden: true });
  #manager;
  #act;
  /** @type {RunningModel[]} */
  #places = [];

  /**
   * @param {import("../models/manager.js").Manager} manager
   * @param {(work: () => Promise<any>) => Promise<void>} act does it, and says what went wrong
   */
  constructor(manager, act) {
    this.#manager = manager;
    this.#act = act;
  }

  /** Those there are now, whoever began them. */
  async refresh() {
    const state = await this.#manager.state().catch(() => null);
    if (!state) return;
    const found = state.running.filter(({ name }) => name.startsWith(PLACES));
    if (words(found) === words(this.#places)) return; // what has the focus keeps it
    this.#places = found;
    this.#draw();
  }

  #draw() {
    this.element.replaceChildren(...this.#places.map((place) => this.#line(place)));
    this.element.hidden = !this.#places.length;
  }

  /** @param {RunningModel} place */
  #line(place) {
    const { host, href } = new URL(addressOf(place));
    const stop = h("button", { type: "button", "aria-label": t("Stop {model}", { model: place.title }) }, "Stop");
    stop.hidden = href.split("#")[0] === at("/");
    stop.addEventListener("click", () => this.#act(() => this.#manager.stop(place.name)));
    return h("li", {}, h("span", {}, t("{model} plays at ", { model: place.title }), h("a", { href }, host)), stop);
  }
}

/** What is told of places. @param {RunningModel[]} places */
const words = (places) => JSON.stringify(places.map(({ title, port }) => [title, port]));
