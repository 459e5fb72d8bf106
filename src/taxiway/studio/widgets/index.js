/** The widgets: for every input of a form the one that suits it (docs/extending.md). */

import { h } from "../dom.js";
import { loadSlot, sentence } from "../slots.js";
import json from "./json.js";
import { t } from "../words.js";

/** @import { Field, Loaded, Widget, WidgetType } from "../types.d.ts" */

const ORDER = 50;

/** @type {WidgetType[]} */
let widgets = [];

/** Load all widgets, before the first form is made. @returns {Promise<Loaded<never>[]>} those that failed */
export async function loadWidgets() {
  const loaded = await loadSlot("widgets", "make");
  const order = (/** @type {WidgetType} */ { order = ORDER }) => order;
  widgets = loaded.flatMap(({ member }) => member ?? []).sort((a, b) => order(a) - order(b));
  return loaded.flatMap(({ name, error }) => (error ? { name: `widget-${name}`, member: null, error } : []));
}

/**
 * The first widget that suits the field.
 * @param {Field} field
 * @param {(value: any) => void} change takes null for "the default"
 * @param {(sentence: string) => void} [reject] takes what is wrong with what was given
 * @param {string} [id] of its first element, where a page has several of that name
 * @returns {Widget}
 */
export function makeWidget(field, change, reject = () => {}, id = `input-${field.name}`) {
  for (const widget of widgets) {
    try {
      if (widget.suits(field)) return whole(widget.make(field, id, change, reject));
    } catch (problem) {
      const said = t("The widget of '{name}' failed: {why}", { name: field.name, why: sentence(problem) });
      const plain = json.make(field, id, change, reject);
      return { ...plain, element: h("div", {}, h("p", { class: "trouble", role: "alert" }, said), plain.element) };
    }
  }
  return json.make(field, id, change, reject);
}

/** What a widget made, if it is one. @param {Widget} made @returns {Widget} */
function whole(made) {
  if (made?.element instanceof Element && typeof made.show === "function") return made;
  throw new Error("make gives an element and show(value).");
}

/**
 * Give a file to the first widget that takes some.
 * @param {Map<string, Widget>} made
 * @param {File} file
 * @returns {boolean} whether there is one
 */
export function giveFirst(made, file) {
  const widget = [...made.values()].find(({ take }) => take);
  widget?.take?.(file);
  return widget !== undefined;
}
