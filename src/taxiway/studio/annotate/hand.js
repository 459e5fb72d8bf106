/** What the window says: how far it is, what is kept, what is wrong, which boxes there are. */

import { h } from "../dom.js";
import { t } from "../words.js";

/** @import { Box, BoxClass, Listed, State } from "./sets.js" */
/** @import { Parts } from "./parts.js" */

const SAID_MS = 4000;

export class Hand {
  #parts;
  #timer = 0;
  /** Whether what is said is what goes on. */
  #works = false;

  /** @param {Parts} parts */
  constructor(parts) {
    this.#parts = parts;
  }

  /** @param {Listed[]} pictures */
  progress(pictures) {
    const count = (/** @type {string[]} */ ...states) => pictures.filter(({ state }) => states.includes(state)).length;
    const [finished, skipped, begun] = [count("done", "empty"), count("skipped"), count("begun")];
    const rest = (begun ? t(", {n} begun", { n: begun }) : "") + (skipped ? t(", {n} skipped", { n: skipped }) : "");
    const words = t("{n} of {total} done", { n: finished, total: pictures.length - skipped });
    this.#parts.progress.replaceChildren(words, h("span", { class: "boxes-rest" }, rest));
    this.#parts.done.value = finished / (pictures.length - skipped || 1);
  }

  /** @param {string} words */
  saved(words) {
    this.#parts.saved.textContent = t(words);
    this.#parts.saved.dataset.saved = words === "Kept" ? "yes" : words.startsWith("Not") ? "no" : "";
  }

  /** Say something for a while. @param {string} words */
  say(words) {
    clearTimeout(this.#timer);
    this.#works = false;
    this.#parts.words.replaceChildren(t(words));
    this.#parts.words.hidden = !words;
    this.#timer = setTimeout(() => (this.#parts.words.hidden = true), SAID_MS);
  }

  /** Say what goes on, with a button that stops it; nothing when it has ended. @param {string} words @param {() => void} [stop] */
  work(words, stop) {
    if (!words) return void (this.#works && this.say(""));
    this.say(words);
    clearTimeout(this.#timer);
    this.#works = true;
    if (stop) this.#parts.words.append(h("button", { type: "button", onclick: stop }, "Stop"));
  }

  /** @param {string} words */
  trouble(words) {
    this.#parts.trouble.textContent = t(words);
    this.#parts.trouble.hidden = !words;
  }

  /** @param {string[]} troubles of files */
  troubles(troubles) {
    if (troubles.length && this.#parts.trouble.hidden) this.trouble(troubles.slice(0, 3).join(" "));
  }

  /** @param {boolean} is */
  conflict(is) {
    this.#parts.conflict.hidden = !is;
  }

  /** The class of what is drawn, where the list of them is not seen. @param {BoxClass | undefined} one */
  current(one) {
    const swatch = h("span", { class: "boxes-swatch" });
    swatch.style.background = one?.colour ?? "none";
    this.#parts.more.replaceChildren(swatch, one?.name ?? t("Classes"));
  }

  /** @param {boolean} undo @param {boolean} redo @param {boolean} isSelected @param {boolean} hasBoxes @param {State} state */
  can(undo, redo, isSelected, hasBoxes, state) {
    this.#parts.undo.disabled = !undo;
    this.#parts.redo.disabled = !redo;
    this.#parts.remove.disabled = !isSelected;
    this.#parts.finish.textContent = hasBoxes ? t("Done") : t("Empty");
    this.#parts.finish.dataset.is = this.#parts.skip.dataset.is = "";
    if (state === "done") this.#parts.finish.dataset.is = "yes";
    if (state === "skipped") this.#parts.skip.dataset.is = "yes";
  }

  /** @param {Box[]} boxes @param {number} selected @param {(id: number) => BoxClass | undefined} classOf @param {(number: number) => void} select */
  boxes(boxes, selected, classOf, select) {
    const rows = boxes.map((box, k) => {
      const [x, y, w, height] = box.map(Math.round);
      const { name = "?", colour = "#ffffff" } = classOf(box[4]) ?? {};
      const swatch = h("span", { class: "boxes-swatch" });
      swatch.style.background = colour;
      const button = h("button", { type: "button", class: "boxes-class", "aria-pressed": k === selected, onclick: () => select(k) }, swatch, h("span", { class: "boxes-name", translate: "no" }, name), h("span", { class: "figure boxes-size" }, t("{w} × {h} at {x}, {y}", { w, h: height, x, y })));
      return h("li", {}, button);
    });
    const head = h("h3", {}, t("{n} box | {n} boxes", { n: boxes.length }));
    this.#parts.list.replaceChildren(head, h("ul", { class: "boxes-classes", "aria-label": "Boxes" }, ...rows));
  }
}
