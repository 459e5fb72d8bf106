/** What programs send that does nothing, or not all of it: kept, and shown newest first. */

import { h } from "./dom.js";
import { moment, t } from "./words.js";

/** @import { Note } from "./types.d.ts" */

/** @typedef {import("./store.js").Store} Store */

const MOST = 50;

/** @param {import("./connection.js").Connection} connection @param {Store} store */
export function keepNotes(connection, store) {
  connection.onMessage((message) => {
    if (message.type !== "note") return;
    const { protocol, sender, message: words, times } = message;
    const isSame = (/** @type {Note} */ one) => one.words === words && one.sender === sender;
    const before = store.get("notes");
    const count = (before.find(isSame)?.count ?? 0) + times;
    const note = { protocol, sender, words, count, time: Date.now() };
    store.set("notes", [note, ...before.filter((one) => !isSame(one))].slice(0, MOST));
  });
}

/**
 * The list, below a heading; its panel's tab has a mark while there is one that was not seen.
 * @param {HTMLElement} root the panel @param {Store} store
 */
export function notesBlock(root, store) {
  const list = h("ol", { class: "notes", id: "notes", tabindex: 0, "aria-label": "Ignored messages" });
  const none = h("p", { class: "hint" }, "Here stands what programs send that does nothing.");
  const clear = h("button", { type: "button", class: "copy" }, "Clear");
  clear.addEventListener("click", () => store.set("notes", []));
  let isSeen = false;
  const mark = (/** @type {boolean} */ isNews) =>
    document.getElementById("tab-network")?.classList.toggle("has-news", isNews);
  store.follow(["notes"], () => {
    const notes = store.get("notes");
    list.replaceChildren(...notes.map(lineOf));
    none.hidden = notes.length > 0;
    clear.hidden = list.hidden = notes.length === 0;
    mark(notes.length > 0 && !isSeen);
  });
  new IntersectionObserver(([{ isIntersecting }]) => {
    isSeen = isIntersecting;
    if (isSeen) mark(false);
  }).observe(root);
  const head = h("div", { class: "block-head" }, h("h3", {}, "Ignored messages"), clear);
  return h("section", { class: "block" }, head, none, list);
}

/** @param {Note} note */
function lineOf({ protocol, sender, words, count, time }) {
  const from = [protocol, sender && t("from {sender}", { sender }), moment(time, "time")];
  const often = count > 1 ? t(", {n} times", { n: count }) : "";
  return h("li", {}, words, h("small", {}, from.filter(Boolean).join(" ") + often));
}
