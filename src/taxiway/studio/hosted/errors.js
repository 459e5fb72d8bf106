/** What went wrong lately, of whom and when; since the server's start. */

import { h } from "../dom.js";
import { keyed, when } from "./teaching.js";

/** @import { Note, Part } from "./teaching.js" */

/** @param {Part} part */
export function errorList({ teacher }) {
  const list = h("ul", { class: "news" });
  const none = h("p", { class: "hint" }, "None since the server started.");
  const made = new Map();
  teacher.follow(() => {
    none.hidden = teacher.state.errors.length > 0;
    keyed(list, teacher.state.errors, ({ at, label }) => `${at} ${label}`, made, line);
  });
  return h("section", { class: "block" }, h("h2", {}, "Errors"), none, list);
}

/** @param {Note} note */
function line({ at, model, label, text }) {
  const element = h("li", {}, text, h("small", {}, [when(at), model, label].filter(Boolean).join(" · ")));
  return { element, show: () => {} };
}
