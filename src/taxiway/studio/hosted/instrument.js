/** A model that is played: its picture, faders, knobs; every move asks for the newest. */

import { imageOutput, vectorInput } from "../declaration.js";
import { h } from "../dom.js";
import { bytesOf, download } from "../files.js";
import { drawn, loaded } from "../picking.js";
import { writeText } from "../png.js";
import { t } from "../words.js";
import { Inputs } from "./inputs.js";
import { Latent } from "./latent.js";

/** @import { Declaration } from "../types.d.ts" */
/** @import { Answered, Refusal, Service } from "./service.js" */

/**
 * What a page's part is given.
 * @typedef {object} Part
 * @property {Declaration} declaration
 * @property {string} model its hosted name
 * @property {string} title
 * @property {Service} service
 * @property {(sentence: string) => void} say
 * @property {() => void} answered
 */

export class Instrument {
  inputs;
  elements;
  #part;
  /** @type {Latent | null} */
  #latent = null;
  #picture;
  #frame;
  #back = h("button", { type: "button", disabled: true, onclick: () => this.#goBack() }, "Back");
  #save = h("button", { type: "button", disabled: true, onclick: () => this.#download() }, "Save");
  /** Where one was before. @type {{ place: any, values: Record<string, any> }[]} */
  #past = [];
  /** What the picture is made of. @type {Record<string, any>} */
  #shown = {};
  #asked = {};

  /** @param {Part} part */
  constructor(part) {
    this.#part = part;
    this.inputs = new Inputs(part.declaration, () => this.#ask(), part.say);
    const field = vectorInput(part.declaration);
    if (field) this.#latent = new Latent(field, () => this.#ask());
    this.#picture = h("img", { id: "picture", alt: t("A picture by {model}", { model: part.title }), hidden: true });
    this.#frame = h("div", { class: "frame" }, this.#picture);
    const stage = h("section", { class: "stage" }, this.#frame, this.#buttons());
    const controls = h("section", { class: "controls" }, this.#bank(), this.inputs.isEmpty ? null : this.inputs.form);
    this.elements = [stage, controls];
  }

  /** Have the first picture. */
  start() {
    this.#ask();
  }

  #buttons() {
    const latent = this.#latent;
    const button = (/** @type {string} */ text, /** @type {string} */ hint, /** @type {() => void} */ act) =>
      h("button", { type: "button", title: hint, onclick: () => this.#from(act) }, text);
    const moves = latent
      ? [button("New", "Somewhere else", () => latent.jump()), button("Similar", "A small step from here", () => latent.step())]
      : this.#seeds();
    if (moves[0]) moves[0].className = "primary";
    return h("div", { class: "row moves" }, ...moves, this.#back, this.#save);
  }

  /** A model without a vector may have a seed that is drawn. */
  #seeds() {
    const field = this.#part.declaration.inputs.find(({ name }) => name === "seed");
    if (!field) return [];
    const draw = () => {
      this.inputs.restore({ ...this.inputs.values, seed: Math.floor(Math.random() * 10000) });
      this.#ask();
    };
    return [h("button", { type: "button", onclick: () => this.#from(draw) }, "New")];
  }

  #bank() {
    if (!this.#latent) return null;
    return h(
      "div",
      { class: "bank" },
      h("h2", {}, "Faders"),
      h("p", { class: "hint" }, "Draw across them with a finger. New brings other ones."),
      this.#latent.canvas,
    );
  }

  /** Do what leads away from here, and remember where that is. @param {() => void} act */
  #from(act) {
    this.#past.push({ place: this.#latent?.place, values: { ...this.inputs.values } });
    this.#back.disabled = false;
    act();
  }

  #goBack() {
    const before = this.#past.pop();
    this.#back.disabled = this.#past.length === 0;
    if (!before) return;
    this.inputs.restore(before.values);
    if (this.#latent) this.#latent.place = before.place;
    else this.#ask();
  }

  #ask() {
    const field = vectorInput(this.#part.declaration);
    const numbers = field && this.#latent ? { [field.name]: this.#latent.vector() } : {};
    this.#asked = { ...this.inputs.given(), ...numbers };
    this.#frame.classList.add("working");
    this.#part.service.ask(
      this.#asked,
      (answer) => this.#show(answer),
      (problem) => this.#refuse(problem),
    );
  }

  /** @param {Answered} answer */
  #show({ outputs, asked }) {
    const output = imageOutput(this.#part.declaration);
    if (output) this.#picture.src = outputs[output.name];
    this.#picture.hidden = !output;
    this.#shown = asked;
    this.#save.disabled = false;
    this.#done("", null);
  }

  /** The last picture stays where it is. @param {Refusal} problem */
  #refuse(problem) {
    this.#done(problem.message, problem.input ?? null);
  }

  /** @param {string} sentence @param {string | null} wrong */
  #done(sentence, wrong) {
    if (!this.#part.service.isWaited) this.#frame.classList.remove("working");
    this.inputs.mark(wrong);
    this.#part.say(sentence);
    this.#part.answered();
  }

  /** The picture as a PNG that says what it was made of; asks nothing again. */
  async #download() {
    const picture = await loaded(this.#picture.src);
    const uri = drawn(picture, picture.naturalWidth, picture.naturalHeight, "image/png");
    const text = JSON.stringify({ model: this.#part.model, ...this.#shown });
    download(`${this.#part.model}.png`, new Blob([/** @type {any} */ (writeText(bytesOf(uri), text))], { type: "image/png" }));
  }
}
