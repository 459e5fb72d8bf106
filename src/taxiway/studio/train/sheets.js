/** The sheets of a training over time: the newest large, a slider back to the first. */

import { h } from "../dom.js";
import { far } from "./trainings.js";
import { t } from "../words.js";

/** @typedef {import("./trainings.js").Trainings} Trainings */
/** @typedef {import("./trainings.js").Sheet} Sheet */

const FRAME_MS = 160;
const REAL = "real.jpg";
/** Narrower sheets keep their square pixels when they are shown larger. */
const COARSE = 300;

export class Sheets {
  element;
  #trainings;
  #turned;
  #image = h("img", { class: "sheet", alt: "" });
  #words = h("div", { class: "sheet-words", tabindex: 0, hidden: true });
  #empty = h("p", { class: "hint sheet-empty" }, "The first snapshot will be shown here.");
  #slider = h("input", {
    type: "range",
    id: "train-time",
    min: 0,
    max: 0,
    value: 0,
    "aria-label": "Time",
  });
  #when = h("output", {
    class: "figure",
    for: "train-time",
    title: "Thousand pictures that were shown",
  });
  #run = h("button", { type: "button", id: "train-run", title: "Run through all of them" }, "▶");
  /** Shows the dataset's own pictures instead. */
  real = h("button", { type: "button", id: "train-real", "aria-pressed": false }, "Your pictures");
  #training = "";
  /** @type {Sheet[]} */
  #sheets = [];
  #timer = 0;

  /**
   * @param {Trainings} trainings
   * @param {() => void} turned is told when another sheet is shown
   */
  constructor(trainings, turned) {
    this.#trainings = trainings;
    this.#turned = turned;
    this.#image.addEventListener("load", () =>
      this.#image.classList.toggle("coarse", this.#image.naturalWidth < COARSE),
    );
    this.#slider.addEventListener("input", () => this.#turnTo(Number(this.#slider.value)));
    this.#run.addEventListener("click", () => (this.#timer ? this.#halt() : this.#runThrough()));
    this.real.addEventListener("click", () => this.#toggleReal());
    this.element = h(
      "div",
      { class: "sheets" },
      h("div", { class: "sheet-frame" }, this.#image, this.#words, this.#empty),
      h("div", { class: "sheet-line" }, this.#run, this.#slider, this.#when),
    );
  }

  /** How far the one that is shown is; 0 if there is none. */
  get kimg() {
    return this.#sheets[Number(this.#slider.value)]?.kimg ?? 0;
  }

  /** Whether they are texts, not pictures. */
  get areWords() {
    return this.#sheets.some(({ name }) => isWords(name));
  }

  /** Whether the newest one is shown. */
  get isAtEnd() {
    return Number(this.#slider.value) >= this.#sheets.length - 1;
  }

  /** @param {string} training @param {Sheet[]} sheets oldest first */
  show(training, sheets) {
    const follows = training !== this.#training || (this.isAtEnd && !this.#timer);
    const isNew = training !== this.#training || sheets.length !== this.#sheets.length;
    if (training !== this.#training) this.#halt();
    this.#training = training;
    this.#sheets = sheets;
    this.#slider.max = String(Math.max(0, sheets.length - 1));
    for (const part of [this.#slider, this.#run, this.real]) part.disabled = sheets.length === 0;
    this.#empty.hidden = sheets.length > 0;
    this.#image.hidden = sheets.length === 0 || this.areWords;
    this.#words.hidden = !this.areWords;
    if (isNew && follows) this.#turnTo(sheets.length - 1);
  }

  /** @param {number} index */
  #turnTo(index) {
    this.#slider.value = String(index);
    this.real.setAttribute("aria-pressed", "false");
    const sheet = this.#sheets[index];
    this.#when.textContent = sheet ? far(sheet.kimg) : "";
    this.#image.alt = sheet ? t("What it made after {n} thousand pictures", { n: sheet.kimg }) : "";
    if (sheet) isWords(sheet.name) ? this.#write(sheet.name) : this.#put(sheet.name);
    this.#turned();
  }

  /** @param {string} name */
  async #put(name) {
    const wanted = (this.#image.dataset.name = `${this.#training}/${name}`);
    const address = await this.#trainings.picture(this.#training, name).catch(() => "");
    if (address && this.#image.dataset.name === wanted) this.#image.src = address;
  }

  /** Text as it stands there, a paragraph each between two lines of dashes. @param {string} name */
  async #write(name) {
    const wanted = (this.#words.dataset.name = `${this.#training}/${name}`);
    const text = await this.#trainings.words(this.#training, name).catch(() => "");
    if (this.#words.dataset.name !== wanted) return;
    const texts = text.split(/\n\n---\n\n/);
    this.#words.replaceChildren(...texts.map((one) => h("p", {}, one)));
  }

  #toggleReal() {
    this.#halt();
    if (this.real.getAttribute("aria-pressed") === "true") {
      this.#turnTo(Number(this.#slider.value));
      return;
    }
    this.real.setAttribute("aria-pressed", "true");
    this.#image.alt = t("Pictures of the dataset");
    this.#put(REAL);
  }

  #runThrough() {
    let index = this.isAtEnd ? 0 : Number(this.#slider.value);
    this.#run.textContent = "❚❚";
    this.#turnTo(index);
    this.#timer = setInterval(() => {
      if (this.isAtEnd) this.#halt();
      else this.#turnTo(++index);
    }, FRAME_MS);
  }

  #halt() {
    clearInterval(this.#timer);
    this.#timer = 0;
    this.#run.textContent = "▶";
  }
}

/** @param {string} name of a sheet */
const isWords = (name) => name.endsWith(".txt");
