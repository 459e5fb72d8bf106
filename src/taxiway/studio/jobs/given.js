/** Inputs of tools that no model has: latents or anything else, files to send, names to choose. */

import { h } from "../dom.js";
import { number, t } from "../words.js";

/** @import { Field, Widget } from "../types.d.ts" */

/**
 * Seeds, text or JSON to type, or a file: of latents, or a sound.
 * @param {Field} field
 * @param {string} id
 * @param {(value: any) => void} change
 * @returns {Widget}
 */
export function givenWidget(field, id, change) {
  const box = h("textarea", { id, rows: 1, spellcheck: "false", placeholder: "0-8" });
  const files = filesWidget({ ...field, type: "file" }, `${id}-file`, change);
  box.addEventListener("input", () => change(meaning(box.value)));
  const show = (/** @type {any} */ value) => {
    const isFile = value?.[0] instanceof File;
    files.show(isFile ? value : null);
    if (isFile) box.value = "";
  };
  return { element: h("div", { class: "job-given" }, box, files.element), show, take: files.take };
}

/** JSON where it reads as such, else text; null for nothing. @param {string} text */
function meaning(text) {
  if (!text.trim()) return null;
  if (/^[\s\d,-]+$/.test(text)) return text.trim(); // seeds
  try {
    return JSON.parse(text);
  } catch {
    return text.trim();
  }
}

/**
 * Files, sent as bytes when the job begins.
 * @param {Field} field
 * @param {string} id
 * @param {(value: any) => void} change
 * @returns {Widget & { take: (file: File) => void }}
 */
export function filesWidget(field, id, change) {
  const isMany = field.type === "array";
  const told = h("span", { class: "hint job-chosen" });
  const input = h("input", { type: "file", class: "off-screen", multiple: isMany, tabindex: -1 });
  input.setAttribute("aria-label", isMany ? t("Files") : t("File"));
  const button = h("button", { type: "button", id }, isMany ? "Choose files" : "Choose a file");
  const clear = h("button", { type: "button", onclick: () => change(null) }, "Clear");
  button.addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    if (input.files?.length) change([...input.files]);
    input.value = "";
  });
  const show = (/** @type {any} */ value) => {
    const files = /** @type {File[]} */ (value ?? []);
    const size = files.reduce((sum, file) => sum + file.size, 0);
    const what = files.length === 1 ? files[0].name : t("{n} files", { n: files.length });
    told.textContent = files.length ? `${what}, ${megabytes(size)}` : "";
    clear.hidden = !files.length;
  };
  const element = h("div", { class: "row file" }, button, clear, told, input);
  return { element, show, take: (/** @type {File} */ file) => change([file]) };
}

/** @param {number} size bytes */
const megabytes = (size) =>
  size < 1e6 ? `${number(Math.ceil(size / 1e3))} kB` : `${number(size / 1e6, 1)} MB`;

/**
 * A name to choose or to type, or a file to send in its place.
 * @param {Field} field
 * @param {string} id
 * @param {(value: any) => void} change
 * @param {[string, string][]} known values, and what they mean
 * @returns {Widget}
 */
export function sentWidget(field, id, change, known) {
  const named = namedWidget(field, id, change, known);
  const files = filesWidget({ ...field, type: "file" }, `${id}-file`, change);
  const show = (/** @type {any} */ value) => {
    const isFile = value?.[0] instanceof File;
    files.show(isFile ? value : null);
    named.show(isFile ? "" : value);
  };
  return { element: h("div", { class: "job-given" }, named.element, files.element), show, take: files.take };
}

/**
 * A name to choose or to type.
 * @param {Field} field
 * @param {string} id
 * @param {(value: any) => void} change
 * @param {[string, string][]} known values, and what they mean
 * @returns {Widget}
 */
export function namedWidget(field, id, change, known) {
  const list = h(
    "datalist",
    { id: `${id}-list` },
    ...known.map(([value, words]) => h("option", { value }, words)),
  );
  const box = h("input", { type: "text", id, list: list.id, spellcheck: "false" });
  box.addEventListener("input", () => change(box.value.trim()));
  const show = (/** @type {any} */ value) => {
    if (document.activeElement !== box) box.value = value ?? field.default ?? "";
  };
  return { element: h("div", { class: "job-named" }, box, list), show };
}
