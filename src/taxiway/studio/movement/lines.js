/** Lines of a form that are made of fields, as the Movement panel has them. */

import { title } from "../declaration.js";
import { h } from "../dom.js";
import { makeWidget } from "../widgets/index.js";

/** @import { Field, Values } from "../types.d.ts" */

/**
 * A line for each field; `show` takes all their values.
 * @param {Field[]} fields
 * @param {string} prefix of their elements' ids
 * @param {(values: Values) => void} change takes what was changed
 */
export function makeLines(fields, prefix, change) {
  const widgets = fields.map((field) => {
    const id = `${prefix}-${field.name}`;
    const widget = makeWidget(field, (value) => change({ [field.name]: value ?? field.default ?? null }), () => {}, id);
    const hint = { class: "line", title: field.description ?? null };
    return { field, widget, line: h("div", hint, h("label", { for: id }, title(field.name)), widget.element) };
  });
  const show = (/** @type {Values} */ values) => {
    for (const { field, widget } of widgets) widget.show(values[field.name]);
  };
  return { lines: widgets.map(({ line }) => line), show };
}

/** A field with other bounds, for a slider. @param {Field} field @param {Values} more @returns {Field} */
export const bounded = (field, more) => /** @type {Field} */ ({ ...field, ...more });
