/** A file, sent as what is in it. */

import { h } from "../dom.js";
import { chooseFile, dataUri } from "../picking.js";
import { number, t } from "../words.js";

/** @import { Field, FileField, Make, WidgetType } from "../types.d.ts" */

/** @param {Field} field */
const suits = ({ type }) => type === "file";

/** @type {Make<FileField>} */
function make(field, id, change) {
  const told = h("span", { class: "hint" });
  let name = "";
  const take = async (/** @type {File} */ file) => {
    name = `${file.name}, ${number(Math.ceil(file.size / 1024))} kB`;
    change(await dataUri(file));
  };
  const wanted = field.isDirectory ? ".tar" : field.extension;
  const button = h("button", { type: "button", id }, "Choose");
  button.addEventListener("click", () => chooseFile(take, wanted ?? ""));
  const show = (/** @type {any} */ value) => {
    told.textContent = value ? name : hint(field);
  };
  return { element: h("div", { class: "row file" }, button, told), show, take };
}

/** @param {FileField} field */
function hint(field) {
  if (field.isDirectory) return "A folder, as a tar archive";
  return field.extension ? t("A file ending in {ending}", { ending: field.extension }) : "Or drop one here";
}

export default /** @type {WidgetType} */ ({ order: 200, suits, make });
