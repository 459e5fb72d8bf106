/** The figures below the picture: rate, age, time in the model, size. */

import { h } from "../dom.js";
import { makeDrift } from "./drift.js";
import { number, t } from "../words.js";

/** @import { Studio } from "../types.d.ts" */

/** @typedef {import("./figures.js").Figures} Figures */

const EVERY_MS = 250;

/** Id, unit and meaning of every figure. */
const PARTS = [
  ["rate", "", "Pictures shown in the last second"],
  ["age", "ms old", "From your hand's move to the picture, median of the last 60"],
  ["render", "ms in the model", "How long the model took for this picture"],
  ["size", "px", "Size of the picture"],
];

/** @param {Studio["store"]} store @param {Figures} figures */
export function makeCaption(store, figures) {
  const parts = PARTS.map(([id, unit, meaning]) => {
    const value = h("b", { id: `figure-${id}` });
    return { id, value, element: h("span", { title: meaning, hidden: true }, value, ` ${t(unit)}`) };
  });
  setInterval(() => {
    const texts = /** @type {Record<string, string>} */ (textsOf(store, figures));
    for (const { id, value, element } of parts) {
      const text = texts[id] ?? "";
      if (text === value.textContent) continue; // to write it again would lay out the page
      value.textContent = text;
      element.hidden = !texts[id];
    }
  }, EVERY_MS);
  const elements = parts.map(({ element }) => element);
  elements.splice(3, 0, h("span", { class: "drift-place" }, makeDrift(store)));
  return h("div", { class: "caption figures" }, ...elements);
}

/** @param {Studio["store"]} store @param {Figures} figures */
function textsOf(store, figures) {
  const picture = store.get("picture");
  if (!picture) return {};
  const rate = figures.rate(performance.now());
  return {
    rate: rate ? t("{n} fps", { n: rate }) : t("At rest"),
    age: figures.age === null || figures.age === undefined ? "" : number(figures.age, 0),
    render: number(picture.renderMs, picture.renderMs < 10 ? 1 : 0),
    size: `${picture.width} × ${picture.height}`,
  };
}
