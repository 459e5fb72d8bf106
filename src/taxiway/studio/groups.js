/** Inputs that belong together, folded away until they are wanted. */

import { h } from "./dom.js";

/** @import { Field } from "./types.d.ts" */

/** @typedef {(field: Field, called: string) => HTMLElement} Line */
/** @typedef {(names: string[]) => void} Reset */

/**
 * Lines as they are, but those of a group within it, where its first one stands.
 * @param {Field[]} fields
 * @param {Line} line
 * @param {Reset} reset
 * @returns {HTMLElement[]}
 */
export function inGroups(fields, line, reset) {
  return fields.flatMap((field) => {
    if (!field.group) return [line(field, field.name)];
    const members = fields.filter(({ group }) => group === field.group);
    return members[0] === field ? [makeGroup(field.group, members, line, reset)] : [];
  });
}

/** @param {string} name @param {Field[]} fields @param {Line} line @param {Reset} reset */
function makeGroup(name, fields, line, reset) {
  const names = fields.map(({ name }) => name);
  const prefix = names[0].split("_", 1)[0] + "_";
  const start = names.every((name) => name.startsWith(prefix)) ? prefix.length : 0;
  const rest = h(
    "button",
    { type: "button", title: `All of ${name} as at first`, onclick: () => reset(names) },
    "Reset",
  );
  const lines = fields.map((field) => line(field, field.name.slice(start)));
  const form = h("div", { class: "form" }, ...lines, h("div", { class: "row" }, rest));
  return h("details", { class: "group", "data-group": name }, h("summary", {}, name), form);
}
