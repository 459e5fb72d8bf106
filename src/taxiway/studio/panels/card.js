/** The model's card: what it is, what it was made from, whose it is, what it cannot do. */

import { h } from "../dom.js";
import { number, t } from "../words.js";

/** @import { Panel, Studio } from "../types.d.ts" */

const FACTS = [
  ["made", "How it was made"],
  ["data", "Made from"],
  ["limits", "Limits"],
  ["notes", "Notes"],
  ["computedBy", "Computed by"],
  ["leftOut", "Left out"],
  ["licence", "Licence"],
  ["resolution", "Size"],
  ["family", "Family"],
  ["command", "To make it again"],
];

export default /** @type {Panel} */ ({
  title: "Model",
  place: "side",
  order: 70,
  mount,
});

/** @param {HTMLElement} root @param {Studio} studio */
function mount(root, { store }) {
  root.tabIndex = 0; // Nothing in it takes the focus, and it may be longer than the window: arrows scroll it.
  store.follow(["model", "state"], () => {
    const said = store.get("state")?.message ?? "";
    root.replaceChildren(...describe(store.get("model") ?? {}, said));
  });
}

/** @param {Record<string, any>} card @param {string} said how it is, and where it runs */
function describe(card, said) {
  return [
    h("h2", { class: "card-title" }, card.title ?? "No model"),
    card.summary ? h("p", { class: "lead" }, card.summary) : null,
    card.description ? h("p", { lang: "en", dir: "auto" }, card.description) : null,
    said ? h("p", { class: "hint", lang: "en", dir: "auto" }, said) : null,
    factsOf(card),
  ].filter((element) => element !== null);
}

/** What a card says beside the model's name. @param {Record<string, any>} card */
export function factsOf(card) {
  const facts = FACTS.filter(([key]) => card[key]).map(([key, label]) =>
    h(
      "div",
      {},
      h("dt", {}, label),
      h("dd", { lang: "en", dir: "auto" }, key === "command" ? h("code", {}, card[key]) : words(card[key])),
    ),
  );
  const metrics = Object.entries(card.metrics ?? {}).map(([name, value]) =>
    h("div", {}, h("dt", {}, name), h("dd", { class: "figure" }, words(value))),
  );
  return h("dl", { class: "facts" }, ...facts, ...metrics);
}

/** @param {any} value */
function words(value) {
  if (Array.isArray(value)) return t("{size} pixels", { size: value.join(" × ") });
  if (typeof value === "object" && value !== null) return JSON.stringify(value);
  return Number.isFinite(value) && !Number.isInteger(value) ? number(Number(value.toPrecision(4))) : String(value);
}
