/** Everything that stands in the window in which boxes are drawn. */

import { h, icon } from "../dom.js";
import { STATES } from "./sets.js";

export function makeParts() {
  const button = (/** @type {string} */ id, /** @type {(Node | string)[]} */ content, /** @type {string} */ label, more = {}) =>
    h("button", { type: "button", id: `boxes-${id}`, title: label, ...(isWord(content[0]) ? {} : { "aria-label": label }), ...more }, ...content);
  const p = {
    back: button("back", ["←"], "Back to the studio"),
    title: h("h2", { id: "boxes-title" }),
    progress: h("span", { class: "boxes-progress figure", id: "boxes-progress" }),
    done: h("progress", { max: 1, value: 0, "aria-label": "Done" }),
    saved: h("span", { class: "boxes-saved", id: "boxes-saved", role: "status" }),
    keys: button("keys", ["?"], "Keys"),
    more: button("more", ["Classes"], "Classes and boxes", { "aria-expanded": false }),
    canvas: h("canvas", { class: "boxes-canvas", id: "boxes-canvas", tabindex: 0, role: "application" }),
    name: h("span", { class: "boxes-file" }),
    words: h("p", { class: "boxes-words", role: "status", hidden: true }),
    trouble: h("p", { class: "trouble boxes-trouble", role: "alert", hidden: true }),
    mine: h("button", { type: "button", id: "boxes-mine" }, "Keep mine"),
    theirs: h("button", { type: "button", id: "boxes-theirs" }, "Take theirs"),
    out: button("out", ["−"], "Smaller"),
    whole: button("whole", ["Fit"], "The whole picture"),
    in: button("in", ["+"], "Larger"),
    side: h("aside", { class: "boxes-side", "aria-label": "Classes and boxes" }),
    list: h("section", { class: "boxes-block" }),
    undo: button("undo", [icon("undo")], "Undo"),
    redo: button("redo", [icon("redo")], "Redo"),
    copy: button("copy", ["Copy before"], "Copy the boxes of the picture before (C)"),
    pre: button("pre", ["Pre-label"], "Let a model propose boxes (P)"),
    all: button("all", ["All"], "Pre-label every picture that is to do"),
    model: h("select", { id: "boxes-model", "aria-label": "The model that proposes" }),
    remove: button("remove", ["Delete"], "Delete the selected box"),
    skip: button("skip", ["Skip"], "Leave this picture out (S)"),
    finish: button("finish", ["Done"], "This picture is done; to the next (Space)", { class: "primary" }),
    before: button("before", ["‹"], "The picture before"),
    next: button("next", ["›"], "The next picture"),
    filter: h(
      "select",
      { id: "boxes-filter", "aria-label": "Which pictures" },
      h("option", { value: "" }, "All"),
      ...Object.entries(STATES).map(([state, { title }]) => h("option", { value: state }, title)),
    ),
    help: h("dialog", { class: "keys", "aria-label": "Keys" }),
  };
  const conflict = h("div", { class: "boxes-conflict", role: "alert", hidden: true }, h("p", {}, "This picture was changed elsewhere meanwhile, in another window or by another program. Both are kept until you choose."), h("div", { class: "row" }, p.mine, p.theirs));
  const zoom = h("div", { class: "boxes-zoom" }, p.out, p.whole, p.in);
  return {
    ...p,
    conflict,
    head: h("header", { class: "boxes-head" }, p.back, p.title, p.name, p.done, p.progress, p.saved, p.more, p.keys),
    stage: h("div", { class: "boxes-stage" }, p.canvas, zoom, p.words, p.trouble, conflict),
    bar: h("div", { class: "boxes-bar" }, p.undo, p.redo, p.remove, p.copy, p.pre, p.all, p.model, h("span", { class: "boxes-gap" }), p.before, p.next, p.skip, p.finish),
    foot: h("footer", { class: "boxes-foot" }, p.filter),
  };
}

/** Whether a button says by itself what it does. @param {Node | string} content */
const isWord = (content) => typeof content === "string" && /[a-z]{2}/i.test(content);

/** @typedef {ReturnType<typeof makeParts>} Parts */
