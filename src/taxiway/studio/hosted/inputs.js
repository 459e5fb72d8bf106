/** A model's inputs as a form, made of its declaration and the studio's widgets. */

import { isPicture, knobs, vectorInput } from "../declaration.js";
import { h, wrongIn } from "../dom.js";
import { build, grouped } from "../groups.js";

/** @import { Declaration, Field, Widget } from "../types.d.ts" */

/** Whether a picture is there without anybody giving anything, so that it is played. @param {Declaration} declaration */
export function isPlayed({ inputs, outputs }) {
  const plays = (/** @type {Field} */ field) =>
    field.type === "vector" || (["number", "boolean", "category"].includes(field.type) && hasValue(field));
  return outputs.some(({ type }) => type === "image") && inputs.every(plays);
}

/** @param {Field} field */
const hasValue = (field) => field.optional === true || (field.default ?? null) !== null;

export class Inputs {
  form = h("form", { class: "form", novalidate: true });
  /** @type {Record<string, any>} */
  values = {};
  /** @type {Map<string, Widget>} */
  #widgets = new Map();
  #picture;

  /**
   * @param {Declaration} declaration
   * @param {() => void} changed
   * @param {(sentence: string) => void} reject
   */
  constructor(declaration, changed, reject) {
    const hasVector = vectorInput(declaration) !== null;
    const fields = knobs(declaration).filter(({ name }) => !(hasVector && name === "seed"));
    this.#picture = fields.find(isPicture)?.name;
    const change = (/** @type {[string, any][]} */ given) => {
      Object.assign(this.values, Object.fromEntries(given));
      this.#show();
      changed();
    };
    const built = grouped(fields, null).map((item) => build(item, null, change, reject));
    this.#widgets = new Map(built.flatMap(({ widgets }) => widgets));
    for (const [name, { initial }] of this.#widgets) if (initial !== undefined) this.values[name] = initial;
    this.form.append(...built.map(({ row }) => row));
    this.#show();
  }

  get isEmpty() {
    return this.#widgets.size === 0;
  }

  /** What is wrong with what was typed, a sentence or nothing. */
  get wrong() {
    return wrongIn(this.form);
  }

  /** What is sent: all that is not left to the model. */
  given() {
    return Object.fromEntries(Object.entries(this.values).filter(([, value]) => value !== null));
  }

  /** Have it as it was. @param {Record<string, any>} values */
  restore(values) {
    this.values = { ...values };
    this.#show();
  }

  /** Point at the input that was refused. @param {string | null} name */
  mark(name) {
    for (const [each, { element }] of this.#widgets) {
      element.closest(".line")?.classList.toggle("wrong", each === name);
    }
  }

  #show() {
    for (const [name, widget] of this.#widgets) {
      widget.show(this.values[name]);
      if (this.#picture) widget.over?.(this.values[this.#picture] ?? null);
    }
  }
}
