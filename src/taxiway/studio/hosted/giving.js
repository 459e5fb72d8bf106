/** Giving out tokens: one or a whole class, shown once, as a list, a table and a sheet to print. */

import { copyFrom, h } from "../dom.js";
import { download } from "../files.js";
import { chooseFile } from "../picking.js";
import { t } from "../words.js";
import { offer } from "./tokens.js";

/** @import { Part, Ticket } from "./teaching.js" */

/** @param {Part} part @param {HTMLElement} sheet */
export function giving(part, sheet) {
  const model = h("select", { id: "give-model" });
  const names = h("textarea", { id: "give-names", rows: 4, placeholder: "Ada\nGrace\nKatherine" });
  const limits = limitFields();
  const list = h("button", { type: "button", id: "class-list" }, "From a class list (CSV)");
  list.addEventListener("click", () =>
    chooseFile((file) => part.attempt(async () => {
      names.value = (await part.teacher.post("/class-list", file)).names.join("\n");
      count();
    }), ".csv,.txt,text/csv"),
  );
  const make = h("button", { class: "primary", id: "give" });
  const count = () => {
    const { length } = namesIn(names.value);
    make.textContent = t("Make {n} token | Make {n} tokens", { n: length });
    make.disabled = length === 0;
  };
  names.addEventListener("input", count);
  const submit = () =>
    part.attempt(async () => {
      const wanted = { model: model.value, names: namesIn(names.value), ...limits.values() };
      showSheet(sheet, await part.teacher.post("/tokens", wanted));
      names.value = "";
      count();
    });
  count();
  part.teacher.follow(() => offer(model, part.teacher.state.models.filter((one) => !one.public).map(({ name }) => name)));
  const form = h(
    "form",
    {
      class: "give",
      onsubmit: (/** @type {Event} */ event) => {
        event.preventDefault();
        submit();
      },
    },
    h("div", { class: "fields" }, labelled("Model", model), ...limits.elements),
    h("label", { for: "give-names" }, "Names, one a line", names),
    h("div", { class: "row" }, make, list),
  );
  return h("section", { class: "block" }, h("h2", {}, "Give out tokens"), form);
}

/** @param {string} text */
const namesIn = (text) => text.split("\n").map((name) => name.trim()).filter(Boolean);

/** @param {string} text @param {HTMLElement} element */
const labelled = (text, element) => h("label", {}, text, element);

function limitFields() {
  const budget = h("input", { type: "number", id: "give-budget", min: 1, step: 1, placeholder: "no limit" });
  const choices = (/** @type {string} */ id, /** @type {string[][]} */ pairs) =>
    h("select", { id }, ...pairs.map(([value, text]) => h("option", { value }, text)));
  const expires = choices("give-expires", [["", "for ever"], ["2h", "2 hours"], ["12h", "today"], ["7d", "a week"], ["30d", "30 days"], ["180d", "half a year"]]);
  const rate = choices("give-rate", [["5/s", "5 a second"], ["2/s", "2 a second"], ["20/m", "20 a minute"], ["", "no limit"]]);
  return {
    elements: [labelled("Questions each", budget), labelled("At most", rate), labelled("Good for", expires)],
    values: () => ({ budget: budget.value ? Number(budget.value) : null, expires: expires.value, rate: rate.value }),
  };
}

/** @param {HTMLElement} sheet @param {{ model: string, tokens: Ticket[] }} made */
function showSheet(sheet, { model, tokens }) {
  const print = h("button", { type: "button", class: "primary", onclick: () => window.print() }, "Print the sheet");
  const save = h("button", { type: "button", onclick: () => download(`${model}.csv`, new Blob([table(tokens)], { type: "text/csv" })) }, "Save as CSV");
  const done = h("button", { type: "button", onclick: () => hide(sheet) }, "Done");
  sheet.hidden = false;
  sheet.replaceChildren(
    h("h2", {}, t("{n} token, shown only now | {n} tokens, shown only now", { n: tokens.length })),
    h("p", { class: "hint" }, "Print them, save them, or copy each; nobody can look them up later. Whoever has one asks as its owner."),
    h("div", { class: "row" }, print, save, done),
    h("div", { class: "tickets" }, ...tokens.map((ticket) => ticketOf(model, ticket))),
  );
  sheet.scrollIntoView({ block: "start", behavior: "smooth" });
}

/** @param {HTMLElement} sheet */
function hide(sheet) {
  sheet.replaceChildren();
  sheet.hidden = true;
}

/** @param {string} model @param {Ticket} ticket */
function ticketOf(model, { label, link, qr }) {
  const copy = h("button", { type: "button", class: "copy" }, "Copy the link");
  copy.addEventListener("click", () => copyFrom(copy, link));
  const shown = link.replace(/^https?:\/\//, "").replace(/#.*/, "");
  return h(
    "div",
    { class: "ticket" },
    h("img", { src: qr, alt: t("The link of {who} as a QR code", { who: label }) }),
    h("b", { translate: "no" }, label),
    h("small", { translate: "no" }, shown || model),
    copy,
  );
}

/** A table that spreadsheets open, in which no name is a formula. @param {Ticket[]} tokens */
function table(tokens) {
  const cell = (/** @type {string} */ text) => `"${(/^[=+\-@]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
  const rows = tokens.map(({ label, link, token }) => [label, link, token].map(cell).join(","));
  return `${["name,link,token", ...rows].join("\r\n")}\r\n`;
}
