/** One modulator: what it is, how fast, and the controls that it moves. */

import { title } from "../declaration.js";
import { h } from "../dom.js";
import { makeWidget } from "../widgets/index.js";
import { bounded, makeLines } from "./lines.js";
import { t } from "../words.js";

/** @import { Modulator as Told, NumberField, Studio, Values } from "../types.d.ts" */
/** @typedef {{ name: string, title: string, inputs: import("../types.d.ts").Field[] }} Kind */

const BOUNDS = /** @type {Values} */ ({ seconds: { min: 0.1, max: 60, step: 0.1 } });
/** The kind that follows what comes from elsewhere, so that it can be learnt. */
const SENT = "sent";
/** @type {NumberField} */
const AMOUNT = { name: "amount", type: "number", min: -1, max: 1, step: 0.01, default: 0.25 };

export class Modulator {
  #session;
  #number;
  #kinds;
  #kind = "";
  #on = h("input", { type: "checkbox", role: "switch", class: "switch" });
  #summary = h("summary", {});
  #form = h("div", { class: "form" });
  #targets = h("div", { class: "form" });
  #add = h("select", { "aria-label": "Let it move" });
  /** @type {(values: Values) => void} */
  #show = () => {};
  /** @type {Map<string, { line: HTMLElement, show: (value: number) => void }>} */
  #shown = new Map();

  /** @param {Studio} studio @param {number} number @param {Kind[]} kinds */
  constructor({ session }, number, kinds) {
    this.#session = session;
    this.#number = number;
    this.#kinds = kinds;
    this.#on.setAttribute("aria-label", t("Modulator {n} on", { n: number }));
    this.#on.addEventListener("change", () => this.#put({ on: this.#on.checked }));
    this.#add.addEventListener("change", () => {
      if (this.#add.value) this.#route(this.#add.value, /** @type {number} */ (AMOUNT.default));
    });
    const kind = h(
      "select",
      { id: `modulator-${number}-kind` },
      ...kinds.map(({ name, title: words }) => h("option", { value: name }, words)),
    );
    kind.addEventListener("change", () => this.#put({ kind: kind.value }));
    this.kind = kind;
    const remove = h("button", { type: "button" }, "Remove");
    remove.addEventListener("click", () => session.perform("modulator/clear", { number }));
    this.element = h(
      "details",
      { class: "modulator", open: true },
      this.#summary,
      h("div", { class: "line" }, h("label", { for: kind.id }, "Kind"), h("div", { class: "row" }, kind, this.#on)),
      this.#form,
      this.#targets,
      h("div", { class: "row" }, this.#add, remove),
    );
  }

  /** @param {Told} told @param {string[]} controls all that could be moved */
  show(told, controls) {
    if (told.kind !== this.#kind) this.#become(told.kind);
    this.#show(told.settings);
    this.#on.checked = told.on;
    this.kind.value = told.kind;
    const moved = Object.keys(told.targets);
    const words = t(this.#kinds.find(({ name }) => name === told.kind)?.title ?? told.kind);
    this.#summary.textContent = `${this.#number} ${words}${moved.length ? `: ${moved.map(title).join(", ")}` : ""}`;
    this.element.classList.toggle("off", !told.on);
    this.#showTargets(told.targets);
    const free = controls.filter((name) => !moved.includes(name));
    const options = free.map((name) => h("option", { value: name }, title(name)));
    this.#add.replaceChildren(h("option", { value: "" }, moved.length ? "Move another" : "Let it move"), ...options);
  }

  /** @param {string} kind */
  #become(kind) {
    this.#kind = kind;
    const inputs = this.#kinds.find(({ name }) => name === kind)?.inputs ?? [];
    const fields = inputs.map((field) => bounded(field, BOUNDS[field.name] ?? {}));
    const made = makeLines(fields, `modulator-${this.#number}`, (settings) => this.#put({ settings }));
    this.#show = made.show;
    this.#form.replaceChildren(...made.lines);
    if (kind === SENT) this.#form.append(h("p", { class: "hint" }, "Press Learn in Mapping, move this, then choose a knob or a sound."));
  }

  /** @param {Record<string, number>} targets */
  #showTargets(targets) {
    for (const [name, { line }] of this.#shown) {
      if (name in targets) continue;
      line.remove();
      this.#shown.delete(name);
    }
    for (const [name, amount] of Object.entries(targets)) {
      const target = this.#shown.get(name) ?? this.#target(name);
      target.show(amount);
    }
  }

  /** @param {string} name */
  #target(name) {
    const id = `modulator-${this.#number}-to-${name}`;
    const widget = makeWidget(AMOUNT, (value) => this.#route(name, value ?? AMOUNT.default), () => {}, id);
    const away = h("button", { type: "button", class: "quiet", "aria-label": t("No longer {control}", { control: title(name) }) }, "×");
    away.addEventListener("click", () => this.#route(name, 0));
    const line = h("div", { class: "line target" }, h("label", { for: id }, title(name)), widget.element, away);
    const target = { line, show: widget.show };
    this.#shown.set(name, target);
    this.#targets.append(line);
    return target;
  }

  /** @param {string} control @param {number} amount */
  #route(control, amount) {
    this.#session.perform("modulate", { number: this.#number, control, amount });
  }

  /** @param {Values} inputs */
  #put(inputs) {
    const touched = this.#kind === SENT ? `/modulator/${this.#number}/value` : "";
    this.#session.perform("modulator", { on: this.#on.checked, number: this.#number, ...inputs }, touched);
  }
}
