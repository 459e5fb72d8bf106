/** Anything, as JSON: for lists, for types that are not told, and beside other widgets. */

import { h } from "../dom.js";
import { t } from "../words.js";

/** @import { Field, Make, WidgetType } from "../types.d.ts" */

const suits = () => true;

/** @type {Make<Field>} */
function make(field, id, change, reject) {
  const fits = field.type === "array" ? Array.isArray : () => true;
  const box = jsonBox(id, fits, t("'{name}' takes {wanted}.", { name: field.name, wanted: wanted(field) }), change, reject);
  box.element.setAttribute("placeholder", field.type === "array" ? "[]" : '{"key": "value"}');
  return { ...box, initial: field.type === "array" ? [] : undefined, isWide: true };
}

/** @param {Field} field */
function wanted(field) {
  if (field.type !== "array") return t('JSON, such as 5, "text" or [1, 2]');
  return t("a JSON list of {type} items", { type: field.itemType?.type ?? "any" });
}

/**
 * A box of JSON that sends what fits, and says so where it does not: its form is not sent then.
 * @param {string} id
 * @param {(value: any) => boolean} fits
 * @param {string} sentence
 * @param {(value: any) => void} change
 * @param {(sentence: string) => void} reject
 */
export function jsonBox(id, fits, sentence, change, reject) {
  const element = h("textarea", { id, class: "json", rows: 1, spellcheck: "false" });
  element.addEventListener("change", () => {
    const value = parse(element.value);
    const isWrong = element.value.trim() !== "" && (value === undefined || !fits(value));
    element.classList.toggle("wrong", isWrong);
    element.setCustomValidity(isWrong ? sentence : "");
    if (isWrong) reject(sentence);
    else change(element.value.trim() ? value : null);
  });
  const show = (/** @type {any} */ value) => {
    if (document.activeElement === element && value !== undefined) return;
    if (element.matches(":invalid")) return; // what is wrong stays, to be mended
    element.value = value === undefined || value === null ? "" : JSON.stringify(value);
  };
  return { element, show };
}

/** @param {string} text @returns {any} undefined where it is no JSON */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export default /** @type {WidgetType} */ ({ order: 1000, suits, make });
