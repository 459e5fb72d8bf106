/** The lines of a form of inputs; those that belong together are folded away until wanted. */

import { title } from "./declaration.js";
import { h } from "./dom.js";
import { makeWidget } from "./widgets/index.js";
import { t } from "./words.js";

/** @import { Card, Field, Widget } from "./types.d.ts" */

/**
 * @typedef {{ key: string, group: string, fields: Field[] }} Item a field, or a group of them; what
 *   it shows is in its key
 * @typedef {{ row: HTMLElement, widgets: [string, Widget][] }} Built
 * @typedef {(values: [string, any][]) => void} Change null for the default
 */

/** Fields in their order, those of a group where its first one stands. @param {Field[]} fields @param {Card | null} model @returns {Item[]} */
export function grouped(fields, model) {
  return fields.flatMap((field) => {
    const group = field.group ?? "";
    const members = group ? fields.filter((other) => other.group === group) : [field];
    const shown = [members, members.map(({ name }) => model?.strips?.[name]), model?.groupNotes?.[group]];
    return members[0] === field ? [{ key: JSON.stringify(shown), group, fields: members }] : [];
  });
}

/** @param {Item} item @param {Card | null} model @param {Change} change @param {(sentence: string) => void} [reject] @returns {Built} */
export function build({ group, fields }, model, change, reject) {
  const start = group ? commonStart(fields) : 0;
  const made = fields.map((field) => {
    const widget = makeWidget(field, (value) => change([[field.name, value]]), reject);
    return { field, widget, row: line(field, widget, start, model?.strips?.[field.name]) };
  });
  const rows = made.map(({ row }) => row);
  const reset = () => change(fields.map(({ name }) => [name, null]));
  return {
    row: group ? folded(group, rows, reset, model?.groupNotes?.[group]) : rows[0],
    widgets: made.map(({ field, widget }) => [field.name, widget]),
  };
}

/** Let `root` hold just these, and leave alone what is there already. @param {Element} root @param {Element[]} elements */
export function place(root, elements) {
  for (const child of [...root.children]) if (!elements.includes(child)) child.remove();
  elements.forEach((element, k) => {
    if (root.children[k] !== element) root.insertBefore(element, root.children[k] ?? null);
  });
}

/** How many letters of their names, with an underscore, are those of the group. @param {Field[]} fields */
function commonStart(fields) {
  const start = fields[0].name.split("_", 1)[0] + "_";
  return fields.every(({ name }) => name.startsWith(start)) ? start.length : 0;
}

/** @param {Field} field @param {Widget} widget @param {number} start @param {string} [strip] */
function line(field, { element, isWide }, start, strip) {
  const picture = strip ? h("img", { class: "strip", src: strip, alt: "" }) : null;
  return h(
    "div",
    { class: isWide ? "line wide" : "line", title: field.description ?? null },
    h("label", { for: `input-${field.name}` }, title(field.name.slice(start))),
    picture ? h("div", { class: "stripped" }, picture, element) : element,
  );
}

/** @param {string} name @param {HTMLElement[]} rows @param {() => void} reset @param {string} [note] */
function folded(name, rows, reset, note) {
  const rest = h("button", { type: "button", title: t("All of {name} as at first", { name: t(name) }), onclick: reset }, "Reset");
  const form = h("div", { class: "form" }, ...rows, h("div", { class: "row" }, rest));
  if (note) form.append(h("p", { class: "hint" }, note));
  return h("details", { class: "group", "data-group": name }, h("summary", {}, name), form);
}
