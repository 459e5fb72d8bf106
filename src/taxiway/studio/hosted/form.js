/** A model that is asked: its form, Run, and what it answers. */

import { h } from "../dom.js";
import { savePicture } from "../files.js";
import { makeViews } from "../outputs/index.js";
import { Inputs } from "./inputs.js";

/** @import { Part } from "./instrument.js" */
/** @import { Answered } from "./service.js" */

export class Form {
  inputs;
  elements;
  #part;
  #run = h("button", { type: "submit", class: "primary", id: "run" }, "Run");
  #views;
  #outputs;
  #empty = h("p", { class: "hint" }, "What the model answers appears here.");

  /** @param {Part} part */
  constructor(part) {
    this.#part = part;
    this.inputs = new Inputs(part.declaration, () => {}, part.say);
    this.inputs.form.append(this.#run);
    this.inputs.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.start();
    });
    /** @type {any} what the views ask of a studio */
    const studio = { files: { savePicture }, store: { get: () => this.inputs.values } };
    this.#views = makeViews(part.declaration, studio);
    this.#outputs = h("div", { class: "outputs", hidden: true }, ...shown(this.#views.map(({ element }) => element)));
    const controls = h("section", { class: "controls" }, this.inputs.form);
    this.elements = [controls, h("section", { class: "stage" }, this.#outputs, this.#empty)];
  }

  /** Ask with what the form holds. */
  start() {
    const { service, say } = this.#part;
    const wrong = this.inputs.wrong;
    if (wrong) return say(wrong);
    say("");
    this.#run.classList.add("working");
    service.ask(
      this.inputs.given(),
      (answer) => this.#show(answer),
      (problem) => this.#done(problem.message, problem.input ?? null),
    );
  }

  /** @param {Answered} answer */
  #show({ outputs }) {
    this.#outputs.hidden = false;
    this.#empty.hidden = true;
    for (const view of this.#views) view.show(outputs);
    this.#done("", null);
    this.#outputs.scrollIntoView({ block: "nearest", behavior: "smooth" });
  }

  /** @param {string} sentence @param {string | null} wrong */
  #done(sentence, wrong) {
    this.#run.classList.remove("working");
    this.inputs.mark(wrong);
    this.#part.say(sentence);
    this.#part.answered();
  }
}

/** Answers to look at first; what is for programs is folded away, unless it is all. @param {HTMLElement[]} elements */
function shown(elements) {
  const isData = (/** @type {HTMLElement} */ element) => element.classList.contains("output-data");
  const [data, others] = [elements.filter(isData), elements.filter((element) => !isData(element))];
  if (!data.length || !others.length) return elements;
  return [...others, h("details", {}, h("summary", {}, "As numbers"), h("div", { class: "outputs" }, ...data))];
}
