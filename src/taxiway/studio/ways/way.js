/** One way out or in on the page: how it does, and the form that starts it. */

import { at } from "../address.js";
import { title } from "../declaration.js";
import { copyFrom, h } from "../dom.js";
import { makeWidget } from "../widgets/index.js";
import { number, t } from "../words.js";

/** @import { Field, Values, Way as Status, Widget } from "../types.d.ts" */

/** A sink or source by its name; what it is told to do goes to `act`. */
export class Way {
  element = h("section", { class: "way block" });
  #act;
  #kind;
  #values = /** @type {Values} */ ({});
  #widgets = /** @type {Map<string, Widget>} */ (new Map());
  #form = h("form", { class: "form" });
  #settings = h("details", { class: "way-settings" }, h("summary", {}, "Settings"), this.#form);
  #button = h("button", { type: "button" });
  #name = h("h2", {});
  #needs = h("p", { class: "hint way-needs", hidden: true });
  #address = h("code", {});
  #copy = h("button", { type: "button", class: "copy" }, "Copy");
  #line = h("div", { class: "copy-line", hidden: true }, this.#address, this.#copy);
  #figures = h("p", { class: "figure way-figures", hidden: true });
  #seen = h("p", { class: "hint", hidden: true });
  #test = h("button", { type: "button", class: "way-test", hidden: true }, "Test picture");
  #message = h("p", { class: "hint", hidden: true });
  #error = h("p", { class: "trouble", role: "alert", hidden: true });
  #shown = "";
  /** What was wrong with the last start. */
  #refused = "";
  #isOn = false;
  #isAlways = false;

  /**
   * @param {"outputs" | "sources"} kind
   * @param {(method: "POST" | "DELETE", values?: Values, more?: string) => void} act
   */
  constructor(kind, act) {
    this.#kind = kind;
    this.#act = act;
    this.#copy.addEventListener("click", () =>
      copyFrom(this.#copy, this.#address.textContent ?? ""),
    );
    this.#button.addEventListener("click", () => {
      if (this.#isOn && !this.#isAlways) this.#act("DELETE");
      else this.#start();
    });
    this.#test.addEventListener("click", () => this.#act("POST", {}, "/test"));
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#start();
    });
    const lamp = h("span", { class: "lamp", "aria-hidden": "true" });
    this.element.append(
      h("div", { class: "way-head" }, lamp, this.#name, this.#button),
      this.#needs,
      this.#line,
      this.#figures,
      this.#seen,
      this.#test,
      this.#message,
      this.#error,
      this.#settings,
    );
  }

  /** @param {Status} status */
  show(status) {
    const { name, title: label, settings, state, needs, always = false } = status;
    this.#isOn = state === "on";
    this.#isAlways = always;
    this.element.id = `${this.#kind}-${name}`;
    this.element.dataset.way = state;
    this.#name.textContent = t(label);
    this.#button.textContent = always ? t("Apply") : this.#isOn ? t("Stop") : t("Start");
    this.#button.setAttribute("aria-label", `${this.#button.textContent} ${t(label)}`);
    this.#button.hidden = settings.length === 0;
    this.#makeForm(name, settings, status.values);
    this.#settings.hidden = settings.length === 0 || !!needs || (this.#isOn && !always);
    write(this.#needs, needs);
    write(this.#message, status.message ?? "");
    if (this.#isOn) this.#refused = "";
    write(this.#error, status.error || this.#refused);
    write(this.#figures, this.#isOn ? figuresOf(status) : "");
    write(this.#seen, this.#isOn ? (status.seen ?? "") : "");
    this.#test.hidden = !this.#isOn || this.#kind !== "outputs";
    this.#test.setAttribute("aria-label", t("Send a test picture to {sink}", { sink: t(label) }));
    const address = status.address ?? "";
    this.#address.textContent = address.startsWith("/") && always ? at(address) : address;
    this.#line.hidden = !address || !this.#isOn;
  }

  /** Put a button of its own beside its name. @param {HTMLElement} button */
  offer(button) {
    this.#name.after(button);
  }

  /** Say why it was not started, until it is. @param {string} sentence */
  refuse(sentence) {
    this.#refused = sentence;
    this.#settings.open = true;
    write(this.#error, sentence);
  }

  #start() {
    this.#refused = "";
    const given = Object.entries(this.#values).filter(([, value]) => value !== null);
    this.#act("POST", Object.fromEntries(given));
  }

  /** @param {string} name @param {Field[]} settings @param {Values} values */
  #makeForm(name, settings, values) {
    const text = JSON.stringify(settings);
    if (this.#shown === text) return;
    this.#shown = text;
    this.#values = { ...values };
    this.#widgets = new Map();
    this.#form.replaceChildren(...settings.map((field) => this.#lineOf(name, field)));
    if (this.#isAlways) this.#form.append(h("div", { class: "row" }, this.#button));
  }

  /** @param {string} name @param {Field} field */
  #lineOf(name, field) {
    const id = `${this.#kind}-${name}-${field.name}`;
    const change = (/** @type {any} */ value) => {
      this.#values = { ...this.#values, [field.name]: value };
      this.#widgets.get(field.name)?.show(value);
    };
    const widget = makeWidget(field, change, (sentence) => this.refuse(sentence), id);
    this.#widgets.set(field.name, widget);
    widget.show(this.#values[field.name] ?? widget.initial);
    return h(
      "div",
      { class: widget.isWide ? "line wide" : "line" },
      h("label", { for: id }, title(field.name)),
      widget.element,
      field.description ? h("span", { class: "hint" }, field.description) : null,
    );
  }
}

/** Put text into an element, which is hidden without. @param {HTMLElement} element @param {string} text */
function write(element, text) {
  element.hidden = !text;
  const words = t(text);
  if (element.textContent !== words) element.textContent = words;
}

/** @param {Status} status */
function figuresOf({ rate, ageMs, sent, given, dropped, receivers }) {
  const parts = [t("{n} a second", { n: number(rate, 0) })];
  if (ageMs !== undefined && ageMs !== null) parts.push(t("{n} ms old", { n: number(ageMs, 0) }));
  parts.push(sent === undefined ? t("{n} given", { n: given ?? 0 }) : t("{n} sent", { n: sent }));
  if (dropped) parts.push(t("{n} overtaken", { n: dropped }));
  if (receivers !== undefined && receivers !== null) {
    parts.push(t("{n} receiver | {n} receivers", { n: receivers }));
  }
  return parts.join(" · ");
}
