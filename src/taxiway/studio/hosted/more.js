/** Below what is played: code with one's own token, and the link for another device. */

import { copyFrom, h } from "../dom.js";
import { snippets } from "../snippets.js";
import { t } from "../words.js";

/** @import { Declaration } from "../types.d.ts" */
/** @import { Service } from "./service.js" */

/** @param {{ declaration: Declaration, service: Service, values: () => Record<string, any> }} given */
export function more({ declaration, service, values }) {
  return h("section", { class: "more" }, code(declaration, service, values), device(service));
}

/** @param {Declaration} declaration @param {Service} service @param {() => Record<string, any>} values */
function code(declaration, service, values) {
  const text = h("pre", { tabindex: 0, id: "snippet" });
  const copy = h("button", { type: "button" }, "Copy");
  copy.addEventListener("click", () => copyFrom(copy, text.textContent ?? ""));
  const choose = h("select", { "aria-label": "Language" });
  const make = () => {
    const { address, token } = service;
    const made = snippets({ address, declaration, values: values(), vector: null, token });
    if (!choose.options.length) choose.append(...made.map(({ id, title }) => h("option", { value: id }, title)));
    text.textContent = (made.find(({ id }) => id === choose.value) ?? made[0]).code;
  };
  choose.addEventListener("change", make);
  const note = service.token ? t("Your own token is in it: whoever has it asks as you.") : "";
  const head = h("div", { class: "row" }, choose, copy);
  const details = h("details", {}, h("summary", {}, "Use it in your own sketch"), h("p", { class: "hint" }, note), head, text);
  details.addEventListener("toggle", make);
  return details;
}

/** @param {Service} service */
function device(service) {
  const picture = h("img", { class: "qr", alt: "Your link as a QR code" });
  const copy = h("button", { type: "button" }, "Copy the link");
  const details = h("details", {}, h("summary", {}, "On another device"), picture, h("div", { class: "row" }, copy));
  details.addEventListener("toggle", async () => {
    if (picture.src || !details.open) return;
    const { link, qr } = await service.link();
    picture.src = qr;
    copy.addEventListener("click", () => copyFrom(copy, link));
  });
  return details;
}
