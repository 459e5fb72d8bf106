/** The walk through z: what kind, how fast; and the button that begins it. */

import { ask } from "../control.js";
import { h } from "../dom.js";
import { keep, kept } from "../keeping.js";
import { bounded, makeLines } from "./lines.js";

/** @import { Field, Studio, Values } from "../types.d.ts" */

const SHOWN = ["kind", "seconds", "unit", "mode"];
const BOUNDS = /** @type {Values} */ ({ seconds: { min: 1, max: 120, step: 1 } });

/** Begin the walk that was chosen last, or end the one there is. @param {Pick<Studio, "store" | "session">} studio */
export function toggleWalk({ store, session }) {
  if (store.get("walk")) session.stopWalk();
  else session.perform("walk", chosen());
}

/** What the next walk is like. @returns {Values} */
const chosen = () => kept("walk") ?? {};

/** @param {Studio} studio */
export function makeWalk(studio) {
  const { store, session, connection } = studio;
  const keys = h("input", { id: "walk-keys", placeholder: "1, 5, 9", spellcheck: "false" });
  const keysLine = h("div", { class: "line" }, h("label", { for: "walk-keys" }, "Seeds"), keys);
  const form = h("div", { class: "form" });
  const change = (/** @type {Values} */ values) => {
    keep("walk", { ...chosen(), ...values });
    show();
    if (store.get("walk")) session.perform("walk", chosen());
  };
  keys.addEventListener("change", () => change({ keys: keys.value }));
  let show = () => {};
  ask(connection.token, "GET", "/walk").then(({ inputs }) => {
    const fields = /** @type {Field[]} */ (inputs).filter(({ name }) => SHOWN.includes(name));
    const made = makeLines(fields.map((field) => bounded(field, BOUNDS[field.name] ?? {})), "walk", change);
    show = () => {
      const values = chosen();
      made.show(values);
      keys.value = values.keys ?? "";
      keysLine.hidden = !["slerp", "circle"].includes(values.kind);
    };
    form.replaceChildren(made.lines[0], keysLine, ...made.lines.slice(1));
    show();
  }, () => {});
  return h("section", { class: "block" }, h("h3", {}, "Walk"), form);
}
