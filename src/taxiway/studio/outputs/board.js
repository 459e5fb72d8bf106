/** What a model that is not played live answered last, whoever asked: each output by its type. */

import { isLive } from "../declaration.js";
import { h } from "../dom.js";
import { makeViews } from "./index.js";

/** @import { Studio } from "../types.d.ts" */

/** @param {Studio} studio */
export function makeBoard(studio) {
  const { store } = studio;
  const views = h("div", { class: "outputs", id: "outputs" });
  const empty = h("p", { class: "hint" }, "What the model answers appears here.");
  /** @type {import("./index.js").View[]} */
  let all = [];
  store.follow(["declaration"], () => {
    const declaration = store.get("declaration");
    all = isLive(declaration) ? [] : makeViews(declaration, studio);
    views.replaceChildren(...all.map(({ element }) => element));
    views.classList.toggle("single", all.length === 1);
  });
  store.follow(["declaration", "outputs"], () => {
    const outputs = store.get("outputs");
    empty.hidden = Object.keys(outputs).length > 0;
    views.hidden = !empty.hidden;
    if (!views.hidden) for (const view of all) view.show(outputs);
  });
  return h("div", { class: "board" }, views, empty);
}
