/** A picture: from a file, dropped, pasted, or from the camera, live. */

import { h } from "../dom.js";
import { Camera } from "../camera.js";
import { chooseFile, pictureIn } from "../picking.js";
import { t } from "../words.js";

/** @import { Field, ImageField, Make, WidgetType } from "../types.d.ts" */

/** @param {Field} field */
const suits = ({ type }) => type === "image";

/** @type {Make<ImageField>} */
function make(field, id, change, reject) {
  const picture = h("img", { alt: t("The picture for {name}", { name: field.name }), hidden: true });
  const empty = h("span", { class: "hint" }, "Drop or paste a picture here");
  const well = h("div", { class: "photo-well" }, picture, empty);
  const camera = new Camera(change, reject);
  const take = async (/** @type {File} */ file) => {
    camera.stop();
    await pictureIn(file).then(change, (error) => reject(error.message));
  };
  const choose = h("button", { type: "button", id }, "Choose");
  choose.addEventListener("click", () => chooseFile(take, "image/*"));
  const clear = h("button", { type: "button", onclick: () => change(null) }, "Clear");
  const show = (/** @type {any} */ value) => {
    picture.hidden = clear.hidden = !value;
    empty.hidden = Boolean(value);
    if (value) picture.src = value;
    else camera.stop();
  };
  const buttons = h("div", { class: "row" }, choose, camera.button, clear);
  return { element: h("div", { class: "photo" }, well, buttons), show, take, isWide: true };
}

export default /** @type {WidgetType} */ ({ order: 200, suits, make });
