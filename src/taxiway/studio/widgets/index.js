/**
 * The widgets, one per data type. Adding one: a file with `suits` and `make`, and its line here.
 *
 * @typedef {import("../store.js").Field} Field
 * @typedef {object} Widget
 * @property {HTMLElement} element
 * @property {(value: any) => void} show called when the value changes, here or elsewhere
 * @property {any} [initial] what a form sends of an input that nobody touched
 * @property {boolean} [isWide] whether it wants the whole width, below its name
 * @property {(file: File) => void} [take] takes a file that was dropped or pasted
 * @property {(picture: string | null) => void} [over] the picture, a data URI, that places are in
 *
 * @typedef {(field: Field, id: string, change: (value: any) => void,
 *   complain: (sentence: string) => void) => Widget} Make
 * @typedef {object} WidgetType
 * @property {(field: Field) => boolean} suits
 * @property {Make} make
 */

import boolean from "./boolean.js";
import category from "./category.js";
import file from "./file.js";
import image from "./image.js";
import json from "./json.js";
import named from "./named.js";
import number from "./number.js";
import places from "./places.js";
import segmentation from "./segmentation.js";
import slider from "./slider.js";
import text from "./text.js";
import vector from "./vector.js";

/** @type {WidgetType[]} */
const WIDGETS = [
  named,
  slider,
  number,
  category,
  boolean,
  text,
  image,
  segmentation,
  vector,
  file,
  places,
  json,
];

/**
 * The first widget that suits the field.
 * @param {Field} field
 * @param {(value: any) => void} change takes null for "the default"
 * @param {(sentence: string) => void} [complain] told what is wrong with what was given
 * @returns {Widget}
 */
export function makeWidget(field, change, complain = () => {}) {
  const type = WIDGETS.find((widget) => widget.suits(field)) ?? json;
  return type.make(field, `input-${field.name}`, change, complain);
}
