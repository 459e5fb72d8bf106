/** The bank of faders as a thing on the page: seen, played, zoomed, and told of in words. */

import { vectorInput } from "../declaration.js";
import { h } from "../dom.js";
import { atMostEvery, oncePerFrame } from "../pace.js";
import { norm } from "../vectors.js";
import { Faders, canvasOfFaders } from "./faders.js";
import { drawByPointer, playByKeys } from "./hand.js";
import { number, t } from "../words.js";

/** @import { Studio } from "../types.d.ts" */

const SEND_EVERY_MS = 100;

export class Bank {
  canvas = canvasOfFaders();
  scroll = h("input", {
    type: "range",
    class: "mixer-scroll",
    "aria-label": "First fader in view",
    min: 0,
  });
  /** The fader last touched. */
  told = h("span", { class: "figure", title: "The fader last touched" });
  /** How far the vector is from zero. */
  length = h("span", {
    class: "figure",
    title: "Length of the vector, of the length of a typical random one",
  });
  #store;
  #faders = new Faders(this.canvas);
  #paint = oncePerFrame(() => this.#faders.paint(this.#vector));
  #send = atMostEvery(SEND_EVERY_MS, () => this.#sendNow());

  /** @param {Studio} studio */
  constructor({ store, session }) {
    this.#store = store;
    const player = {
      faders: this.#faders,
      vector: () => this.#vector,
      session,
      moved: () => {
        const name = vectorInput(store.get("declaration"))?.name;
        store.set("touched", `/${name}/${this.#faders.cursor}`);
        this.#moved();
      },
    };
    drawByPointer(this.canvas, player);
    playByKeys(this.canvas, player);
    this.scroll.addEventListener("input", () => {
      this.#faders.first = Number(this.scroll.value);
      this.#paint();
    });
    store.follow(["vector"], () => this.#follow());
    new ResizeObserver(() => this.#resize()).observe(this.canvas);
  }

  /** Show so many faders, around the one last touched. @param {number} count 0 for all */
  zoomTo(count) {
    const { length } = this.#vector;
    this.#faders.count = Math.min(count || length, length);
    this.scroll.hidden = this.#faders.count === length;
    this.scroll.max = String(length - this.#faders.count);
    this.#moved();
  }

  get #vector() {
    return this.#store.get("vector");
  }

  #follow() {
    if (this.#faders.length !== this.#vector.length) {
      this.#faders.length = this.#vector.length;
      this.zoomTo(0);
    }
    this.#send();
    this.#paint();
  }

  #moved() {
    this.#faders.showCursor();
    this.scroll.value = String(this.#faders.first);
    this.#send();
    this.#paint();
  }

  #resize() {
    this.#faders.resize();
    this.#paint();
  }

  #sendNow() {
    const { cursor } = this.#faders;
    const value = this.#vector[cursor];
    if (value === undefined) return;
    this.canvas.setAttribute("aria-valuenow", value.toFixed(2));
    this.canvas.setAttribute("aria-valuetext", t("fader {number}, {value}", { number: cursor, value: number(value, 2) }));
    this.told.textContent = `z[${cursor}] ${value < 0 ? "−" : "+"}${number(Math.abs(value), 2)}`;
    const typical = number(Math.sqrt(this.#vector.length), 1);
    this.length.textContent = t("|z| {length} of {typical}", { length: number(norm(this.#vector), 1), typical });
  }
}
