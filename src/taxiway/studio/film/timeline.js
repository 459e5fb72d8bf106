/** Where in a film one is: a slider, steps, play, and marks of keys and of frames that have a mask. */

import { h } from "../dom.js";
import { number, t } from "../words.js";

/** @import { Film } from "./films.js" */

export class Timeline {
  #turn;
  #timer = 0;
  /** @type {Film | null} */
  #film = null;
  #slider = /** @type {HTMLInputElement} */ (
    h("input", { type: "range", min: 0, max: 0, value: 0, step: 1, "aria-label": "Frame", id: "film-frame" })
  );
  #told = h("output", { class: "figure film-told", for: "film-frame" });
  #marks = h("canvas", { class: "film-marks", height: 10, "aria-hidden": true });
  #play = h("button", { type: "button", "aria-pressed": false }, "Play");
  element;

  /** @param {(index: number) => Promise<void> | undefined} turn */
  constructor(turn) {
    this.#turn = turn;
    this.#slider.addEventListener("input", () => {
      this.pause();
      this.#go(Number(this.#slider.value));
    });
    this.#play.addEventListener("click", () => (this.#timer ? this.pause() : this.#start()));
    this.element = h(
      "div",
      { class: "film-time" },
      h("div", { class: "film-track" }, this.#slider, this.#marks),
      h(
        "div",
        { class: "row" },
        this.#step("Previous", "◂", () => this.#value - 1),
        this.#play,
        this.#step("Next", "▸", () => this.#value + 1),
        this.#step("Previous key", "◂ Key", () => this.#key(-1)),
        this.#step("Next key", "Key ▸", () => this.#key(1)),
        this.#told,
      ),
    );
  }

  get #value() {
    return Number(this.#slider.value);
  }

  /** @param {Film} film @param {Set<number>} made @param {number} index */
  show(film, made, index) {
    this.#film = film;
    this.#slider.max = String(film.count - 1);
    this.#slider.value = String(index);
    this.#tell();
    const context = /** @type {CanvasRenderingContext2D} */ (this.#marks.getContext("2d"));
    const width = Math.max(Math.min(film.count, 2000), 300);
    this.#marks.width = width;
    const wide = width / film.count;
    context.fillStyle = "#38588c";
    for (const frame of made) context.fillRect(frame * wide, 6, Math.ceil(wide), 4);
    context.fillStyle = "#ffcf4a";
    for (const { frame } of film.clicks) context.fillRect(frame * wide - 1, 0, Math.max(wide, 4), 10);
  }

  pause() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#play.textContent = t("Play");
    this.#play.setAttribute("aria-pressed", "false");
  }

  #start() {
    this.#play.textContent = t("Pause");
    this.#play.setAttribute("aria-pressed", "true");
    const film = this.#film;
    const step = async () => {
      if (!film || film.count < 2) return this.pause();
      const began = performance.now();
      await this.#go((this.#value + 1) % film.count);
      if (!this.#timer) return;
      this.#timer = setTimeout(step, Math.max(1000 / film.fps - (performance.now() - began), 0));
    };
    this.#timer = setTimeout(step, 0);
  }

  /** @param {string} label @param {string} sign @param {() => number} where */
  #step(label, sign, where) {
    const button = h("button", { type: "button", title: label, "aria-label": label }, sign);
    button.addEventListener("click", () => {
      this.pause();
      this.#go(where());
    });
    return button;
  }

  /** The next key in a direction, else where one is. @param {number} way */
  #key(way) {
    const keys = (this.#film?.clicks ?? []).map(({ frame }) => frame).filter((frame) => (frame - this.#value) * way > 0);
    return keys.length ? (way > 0 ? Math.min(...keys) : Math.max(...keys)) : this.#value;
  }

  /** @param {number} index */
  async #go(index) {
    const last = (this.#film?.count ?? 1) - 1;
    this.#slider.value = String(Math.min(Math.max(index, 0), last));
    this.#tell();
    await this.#turn(this.#value);
  }

  #tell() {
    const { count = 1, fps = 25 } = this.#film ?? {};
    this.#told.textContent = t("{n} of {total}, {seconds} s", { n: this.#value + 1, total: count, seconds: number(this.#value / fps, 2) });
  }
}
