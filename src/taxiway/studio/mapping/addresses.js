/** Every address of the model: range, value, who moved it last, a line to copy. */

import { copyFrom, h } from "../dom.js";
import { isSingle } from "./learning.js";
import { number, t } from "../words.js";

/** @import { MappingState, OscAddress } from "../types.d.ts" */

/** @typedef {{ value: HTMLElement, by: HTMLElement }} Shown */

export class AddressList {
  element = h("div", { class: "addresses" });
  /** Those that there are now. */
  all = /** @type {OscAddress[]} */ ([]);
  #search = h("input", { type: "text", id: "address-search", placeholder: "find an address", "aria-label": "Find an address" });
  #list = h("ul", { class: "address-list" });
  #off = h("p", { class: "trouble", hidden: true });
  #learn;
  #shown = /** @type {Map<string, Shown>} */ (new Map());
  #names = "";

  /** @param {(address: string) => void} learn */
  constructor(learn) {
    this.#learn = learn;
    this.#search.addEventListener("input", () => this.#filter());
    this.element.append(this.#off, this.#search, this.#list);
  }

  /**
   * @param {OscAddress[]} addresses @param {MappingState["movers"]} movers
   * @param {string} off why no message can come by OSC, or nothing
   */
  show(addresses, movers, off) {
    this.all = addresses;
    this.#off.textContent = off;
    this.#off.hidden = !off;
    const names = addresses.map(({ address, oscsend }) => address + oscsend).join();
    if (names !== this.#names) {
      this.#names = names;
      this.#draw();
    }
    for (const { address, value, default: fallback } of addresses) {
      const { value: place, by } = /** @type {Shown} */ (this.#shown.get(address));
      place.textContent = written(value ?? fallback);
      by.textContent = movers[address] ?? "";
    }
  }

  #draw() {
    this.#shown.clear();
    this.#list.replaceChildren(...this.all.map((each) => this.#row(each)));
    this.#filter();
  }

  /** @param {OscAddress} each */
  #row(each) {
    const { address, description, oscsend, python, also } = each;
    const shown = { value: h("span", { class: "figure" }), by: h("span", { class: "mover" }) };
    this.#shown.set(address, shown);
    const copy = (/** @type {string} */ label, /** @type {string | null} */ line) => {
      const button = h("button", { type: "button", class: "copy", title: line ?? "", "aria-label": t("Copy {what} of {address}", { what: label, address }) }, label);
      button.addEventListener("click", () => copyFrom(button, line ?? ""));
      button.hidden = line === null;
      return button;
    };
    const learn = h(
      "button",
      { type: "button", "aria-label": t("Learn {address}", { address }), onclick: () => this.#learn(address), hidden: !isSingle(each) },
      "Learn",
    );
    return h(
      "li",
      { "data-address": [address, ...also, description].join(" ").toLowerCase() },
      h("div", { class: "address-head" }, h("code", {}, address), shown.value, shown.by),
      h("p", { class: "hint" }, [takes(each), also.length ? t("also {addresses}", { addresses: also.join(", ") }) : "", t(description)].filter(Boolean).join(" · ")),
      h("div", { class: "row" }, copy("oscsend", oscsend), copy("Python", python), learn),
    );
  }

  #filter() {
    const wanted = this.#search.value.trim().toLowerCase();
    for (const row of /** @type {NodeListOf<HTMLElement>} */ (this.#list.querySelectorAll("li"))) {
      row.hidden = !(row.dataset.address ?? "").includes(wanted);
    }
  }
}

/** What it takes, in short. @param {OscAddress} address */
function takes({ types, length, min, max, oneOf, trigger }) {
  if (oneOf.length) return oneOf.join(" | ");
  if (length) return t("{n} numbers; one by /0, some by /16-31", { n: length });
  if (trigger && !types) return t("a press");
  const kind = t({ f: "number", i: "whole number", s: "text" }[types] ?? types);
  const range = min === null && max === null ? "" : t(" {min} to {max}", { min: min ?? "…", max: max ?? "…" });
  return kind + range;
}

/** A value, in short. @param {any} value @returns {string} */
function written(value) {
  if (Array.isArray(value)) return value.length ? `${written(value.flat()[0])}, …` : "";
  if (typeof value === "number") return Number.isInteger(value) ? String(value) : number(value, 3);
  return value === null || value === undefined ? "" : String(value);
}
