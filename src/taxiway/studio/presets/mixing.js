/** A and B: two presets, how far from one to the other, and which layers stay A's. */

import { h } from "../dom.js";
import { makeWidget } from "../widgets/index.js";
import { NUMBERS } from "./tiles.js";

/** @import { NumberField, Studio } from "../types.d.ts" */

/** @type {NumberField} */
const AMOUNT = { name: "mix-amount", type: "number", min: 0, max: 1, step: 0.01, default: 1 };

/** @param {Studio} studio */
export function makeMixing({ store, session }) {
  const choices = () => NUMBERS.map((number) => h("option", { value: number }, number));
  const a = h("select", { id: "mix-a" }, ...choices());
  const b = h("select", { id: "mix-b" }, ...choices());
  b.value = "2";
  const values = { amount: 1, layer: 0 };
  const show = () => session.mix(Number(a.value), Number(b.value), values.amount, values.layer);
  const amount = makeWidget(AMOUNT, (value) => {
    values.amount = value ?? 1;
    amount.show(value);
    show();
  });
  amount.show(1);
  const layers = h("div", {});
  const swap = h("button", { type: "button", title: "Swap", "aria-label": "Swap" }, "⇄");
  swap.addEventListener("click", () => {
    [a.value, b.value] = [b.value, a.value];
    show();
  });
  for (const choice of [a, b]) choice.addEventListener("change", show);
  const line = (/** @type {string} */ id, /** @type {string} */ words, /** @type {HTMLElement} */ element) =>
    h("div", { class: "line" }, h("label", { for: id }, words), element);
  store.follow(["declaration"], () => {
    values.layer = 0;
    const rows = layersOf(store);
    layers.hidden = rows < 2;
    if (rows < 2) return;
    const field = { name: "mix-layer", type: "number", min: 0, max: rows, whole: true, default: 0 };
    const widget = makeWidget(/** @type {NumberField} */ (field), (value) => {
      values.layer = value ?? 0;
      widget.show(value);
      show();
    });
    widget.show(0);
    layers.replaceChildren(line("input-mix-layer", "Layers of A", widget.element));
  });
  return h(
    "details",
    { class: "block" },
    h("summary", {}, "A and B"),
    line("mix-a", "A", h("div", { class: "row" }, a, h("label", { for: "mix-b" }, "B"), b, swap)),
    line("input-mix-amount", "A to B", amount.element),
    layers,
  );
}

/** How many layers the model's w has. @param {Studio["store"]} store */
function layersOf(store) {
  const w = store.get("declaration").inputs.find(({ name }) => name === "w");
  return w?.type === "vector" ? (w.rows ?? 0) : 0;
}
