/** The list of bindings: what moves what, whether it moves now, and how to change it. */

import { h } from "../dom.js";
import { number as figure, t } from "../words.js";

/** @import { Binding, MappingState } from "../types.d.ts" */

const ACTIVE_S = 0.4;
const RELATIVE = {
  "": "where it is",
  twos: "turns: 1 / 127",
  offset: "turns: 65 / 63",
  signed: "turns: 1 / 65",
};
const CURVES = {
  linear: "straight",
  slow: "slow at first",
  fast: "fast at first",
  s: "slow at both ends",
  toggle: "each press switches",
};

/** What becomes of a binding; nothing where it is removed. @typedef {(now: Binding) => Binding[]} Edit */

export class BindingList {
  element = h("div", { class: "bindings" });
  #change;
  #shown = "";
  #known = /** @type {Binding[]} */ ([]);
  /** The last edit, sent and answered; and how many wait for those before them. */
  #edited = /** @type {Promise<unknown>} */ (Promise.resolve());
  #waiting = 0;
  #rows = /** @type {{ from: string, lamp: HTMLElement, turn: HTMLElement }[]} */ ([]);

  /** @param {(bindings: Binding[]) => Promise<unknown>} change have other bindings; shows the answer */
  constructor(change) {
    this.#change = change;
  }

  /** @param {MappingState} state */
  show({ bindings, heard }) {
    const plain = bindings.map(({ turn, ...binding }) => binding);
    this.#known = plain;
    const text = JSON.stringify(plain);
    if (text !== this.#shown && !this.#waiting && !isTypedInto(this.element)) {
      this.#shown = text;
      this.#draw(plain);
    }
    bindings.forEach(({ from, turn }, k) => {
      if (this.#rows[k]?.from !== from) return;
      const { lamp, turn: place } = this.#rows[k];
      const known = heard[from];
      lamp.classList.toggle("is-active", known !== undefined && known.ago < ACTIVE_S);
      lamp.title = known ? t("{value} from {who}", { value: figure(known.value, 3), who: known.by }) : t("not heard yet");
      place.textContent = turn ? (turn === "up" ? t("turn up to pick it up") : t("turn down to pick it up")) : "";
    });
  }

  /** @param {Binding[]} bindings */
  #draw(bindings) {
    this.#rows = [];
    const rows = bindings.map((binding, k) => this.#row(binding, (edit) => this.#edit(binding, k, edit)));
    const none = h("p", { class: "hint" }, "Nothing is bound yet.");
    // Who edits one goes on where it was.
    const opened = new Set([...this.element.querySelectorAll("details[open]")].map(nameOf));
    const focused = this.element.contains(document.activeElement) ? document.activeElement : null;
    for (const row of rows) row.open = opened.has(nameOf(row));
    this.element.replaceChildren(...(rows.length ? rows : [none]));
    const label = focused?.getAttribute("aria-label");
    const again = label && this.element.querySelector(`[aria-label="${CSS.escape(label)}"]`);
    if (again) /** @type {HTMLElement} */ (again).focus();
  }

  /** Send an edit after those before it, so that it builds on them. @param {Binding} drawn @param {number} at @param {Edit} edit */
  #edit(drawn, at, edit) {
    const isOf = (/** @type {Binding | undefined} */ each) => each?.from === drawn.from && each?.to === drawn.to;
    this.#waiting++;
    this.#edited = this.#edited.then(() => {
      this.#waiting--;
      const found = isOf(this.#known[at]) ? at : this.#known.findIndex(isOf);
      return this.#change(this.#known.flatMap((each, k) => (k === found ? edit(each) : [each])));
    });
  }

  /** @param {Binding} binding @param {(edit: Edit) => void} change */
  #row(binding, change) {
    const { from, to } = binding;
    const lamp = h("span", { class: "signal-lamp" });
    const turn = h("span", { class: "turn", role: "status" });
    this.#rows.push({ from, lamp, turn });
    const remove = h(
      "button",
      { type: "button", "aria-label": t("Remove {from} from {to}", { from, to }), onclick: () => change(() => []) },
      "Remove",
    );
    return h(
      "details",
      { class: "binding" },
      h("summary", {}, lamp, h("code", {}, from), " → ", h("code", {}, to), turn),
      h("div", { class: "form" }, ...fields(binding, (news) => change((now) => [{ ...now, ...news(now) }])), remove),
    );
  }
}

/** What a row is of. @param {Element} row */
const nameOf = (row) => [...row.querySelectorAll("summary code")].map((code) => code.textContent).join(" ");

/** Whether somebody has typed what is not taken yet. @param {HTMLElement} element */
function isTypedInto(element) {
  const box = document.activeElement;
  return element.contains(box) && box instanceof HTMLInputElement && box.type === "number" && box.value !== box.defaultValue;
}

/** @param {Binding} binding @param {(news: (now: Binding) => Partial<Binding>) => void} edit */
function fields({ from, to, range = [0, 1], gives = [0, 1], curve = "linear", smoothing = 0, pickup = false, relative = "" }, edit) {
  const name = (/** @type {string} */ what) => t("{what} of {from} to {to}", { what: t(what), from, to });
  const number = (/** @type {number} */ value, /** @type {string} */ what, /** @type {(value: number) => void} */ take) => {
    const box = h("input", { type: "number", step: "any", value, "aria-label": name(what) });
    box.addEventListener("change", () => {
      box.defaultValue = box.value;
      if (box.value !== "") take(Number(box.value));
    });
    return box;
  };
  const choice = (/** @type {string} */ what, /** @type {Record<string, string>} */ words, /** @type {string} */ now, /** @type {(value: string) => void} */ take) => {
    const select = h(
      "select",
      { "aria-label": name(what) },
      ...Object.entries(words).map(([key, text]) => h("option", { value: key, selected: key === now }, text)),
    );
    select.addEventListener("change", () => take(select.value));
    return select;
  };
  const says = line("Says", choice("Says", RELATIVE, relative, (value) => edit(() => ({ relative: value, pickup: false }))), "Endless encoders say by how much they were turned: what one up and one down is.");
  says.hidden = !/:(cc:|step$)/.test(from);
  const pick = h("input", { type: "checkbox", class: "switch", role: "switch", "aria-label": name("Pick up") });
  pick.checked = pickup;
  pick.addEventListener("change", () => edit(() => ({ pickup: pick.checked })));
  const pair = (/** @type {string} */ what, /** @type {[number, number]} */ [low, high], /** @type {"range" | "gives"} */ key) =>
    h(
      "div",
      { class: "pair" },
      number(low, t("{what} from", { what: t(what) }), (value) => edit((now) => ({ [key]: [value, (now[key] ?? [0, 1])[1]] }))),
      "to",
      number(high, t("{what} to", { what: t(what) }), (value) => edit((now) => ({ [key]: [(now[key] ?? [0, 1])[0], value] }))),
    );
  return [
    says,
    ...(relative ? [] : [line("Comes in", pair("Comes in", range, "range"))]),
    line("Gives", pair("Gives", gives, "gives")),
    line("Curve", choice("Curve", CURVES, curve, (value) => edit(() => ({ curve: value })))),
    line("Smooth (s)", number(smoothing, "Smoothing", (value) => edit(() => ({ smoothing: Math.min(Math.max(value, 0), 10) })))),
    line("Pick up", pick, "It moves nothing until the knob is where the value is, so nothing jumps."),
  ];
}

/** @param {string} label @param {HTMLElement} element @param {string} [title] */
function line(label, element, title) {
  return h("div", { class: "line", title }, h("span", {}, label), element);
}
