/** A set as a trainer gets it: pictures with their boxes, how many of each class, what is odd. */

import { h } from "../dom.js";
import { sentence } from "../slots.js";
import { t } from "../words.js";

/** @import { ClassCount, Fault, Sets } from "./sets.js" */

/** @param {Sets} sets @param {(id: string, picture: string) => void} open draws into a picture */
export function makeDatasetView(sets, open) {
  const head = h("h3", {});
  const sheet = h("img", { class: "boxes-sheet", alt: "Pictures with their boxes", hidden: true });
  const classes = h("dl", { class: "boxes-counts" });
  const list = h("ul", { class: "boxes-faults", "aria-label": "Faults" });
  const element = h("section", { class: "block boxes-dataset", hidden: true }, head, sheet, classes, list);
  let shown = "";
  const row = (/** @type {string} */ id, /** @type {Fault} */ { says, picture }) =>
    h("li", {}, says, picture ? h("button", { type: "button", class: "quiet", onclick: () => open(id, picture) }, picture) : null);
  const fill = async (/** @type {string} */ id) => {
    const found = await sets.faults(id);
    const odd = found.faults.length + found.more + found.wrong.length;
    const boxes = found.classes.reduce((sum, one) => sum + one.boxes, 0);
    const counted = t("{n} pictures done, {boxes} boxes.", { n: found.pictures, boxes });
    head.textContent = `${counted} ${odd ? t("{n} to look at:", { n: odd }) : t("Nothing is odd.")}`;
    classes.replaceChildren(...found.classes.map((one) => bar(one, Math.max(...found.classes.map((other) => other.boxes), 1))));
    list.replaceChildren(...found.wrong.map((words) => h("li", {}, words)), ...found.faults.map((fault) => row(id, fault)));
    const blob = boxes ? await sets.sheet(id) : null;
    URL.revokeObjectURL(sheet.src);
    sheet.hidden = !blob;
    if (blob) sheet.src = URL.createObjectURL(blob);
  };
  return {
    element,
    /** @param {string} id of a set; "" for none */
    async show(id) {
      shown = id;
      element.hidden = !id;
      if (!id) return;
      try {
        await fill(id);
      } catch (error) {
        if (shown === id) head.textContent = sentence(error);
      }
    },
  };
}

/** @param {ClassCount} one @param {number} most boxes of any class */
function bar({ name, colour, boxes, pictures }, most) {
  const line = h("span", { class: "boxes-bar-line" });
  line.style.width = `${(100 * boxes) / most}%`;
  line.style.background = colour;
  return h("div", {}, h("dt", { translate: "no" }, name), h("dd", {}, line, h("span", { class: "figure" }, t("{boxes} in {n} picture | {boxes} in {n} pictures", { boxes, n: pictures }))));
}
