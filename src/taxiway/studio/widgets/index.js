/**
 * The widgets, one per data type. Adding one: a file with `suits` and `make`, and its line here.
 *
 * @typedef {import("../store.js").Field} Field
 * @typedef {object} Widget
 * @property {HTMLElement} element
 * @property {(value: any) => void} show called when the value changes elsewhere
 *
 * @typedef {object} WidgetType
 * @property {(field: Field) => boolean} suits
 * @property {(field: Field, id: string, change: (value: any) => void) => Widget} make
 */

import boolean from "./boolean.js";
import category from "./category.js";
import slider from "./slider.js";
import text from "./text.js";
import number from "./number.js";

/** @type {WidgetType[]} */
const WIDGETS = [slider, number, category, boolean, text];

/**
 * The first widget that suits the field.
 * @param {Field} field
 * @param {(value: any) => void} change takes null for "the default"
 * @returns {Widget}
 */
export function makeWidget(field, change) {
  const type = WIDGETS.find((widget) => widget.suits(field)) ?? text;
  return type.make(field, `input-${field.name}`, change);
}
