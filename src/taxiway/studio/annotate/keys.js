/** The keys of the window that boxes are drawn in. */

import { h } from "../dom.js";
import { t } from "../words.js";

/** @import { Editor } from "./editor.js" */

const FIELDS = "input:not([type=color]), textarea, select";
const ARROWS = /** @type {Record<string, [number, number]>} */ ({
  ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1],
});

const LIST = /** @type {[string, string][]} */ ([
  ["Space", "This picture is done: the next (or empty, without a box)"],
  ["E", "Nothing is in it: empty, and the next"],
  ["S", "Skip it"],
  ["← →", "The picture before, the next; A and D too, also with a box selected"],
  ["1 … 9", "A class, of the selected box too; letters as the list says"],
  ["N", "A new box in the middle of what is seen"],
  ["Tab", "The next box; with Shift the one before"],
  ["← → ↑ ↓", "Move the selected box; with Shift its lower right corner; with Alt by single pixels"],
  ["Del", "Delete the selected box"],
  ["Q", "Delete all boxes of the picture"],
  ["C", "Copy the boxes of the picture before"],
  ["P", "Let a model propose boxes"],
  ["+ − F", "Zoom, and fit; the wheel and two fingers zoom too, the right button and two fingers move"],
  ["Alt", "Held: draw a box within a box"],
  ["Ctrl Z", "Undo; with Shift redo"],
  ["Esc", "Let go of the box"],
]);

/** The list of keys. */
export const KEYS_HELP = () =>
  h("dl", {}, ...LIST.map(([keys, words]) => h("div", {}, h("dt", {}, ...t(keys).split(" ").map((key) => h("kbd", {}, key))), h("dd", {}, words))));

/** @param {KeyboardEvent} event @param {Editor} editor @param {HTMLCanvasElement} canvas */
export function keysOf(event, editor, canvas) {
  const target = /** @type {Element} */ (event.target);
  if (target.closest("dialog.keys")) return;
  // Pressed twice, it would close the window whatever is said to the event of that.
  if (event.key === "Escape") return done(event, () => (target === canvas ? editor.escape() : canvas.focus()));
  if (target.matches(FIELDS)) return;
  const key = event.key.toLowerCase();
  if (event.ctrlKey || event.metaKey) {
    const act = { z: () => (event.shiftKey ? editor.redo() : editor.undo()), y: () => editor.redo() }[key];
    return act && done(event, act);
  }
  const arrow = ARROWS[event.key];
  if (arrow && editor.selected >= 0) {
    return done(event, () => editor.nudge(arrow[0], arrow[1], event.shiftKey, event.altKey));
  }
  if (arrow?.[0] && !event.altKey) return done(event, () => editor.step(arrow[0]));
  if (key === "tab" && target === canvas && editor.cycle(event.shiftKey ? -1 : 1)) return event.preventDefault();
  // A button takes Space and Enter for itself.
  if (key === " " && target.closest("button")) return;
  const acts = /** @type {Record<string, () => any>} */ ({
    " ": () => editor.finish("done"),
    e: () => editor.empty(),
    s: () => editor.finish("skipped"),
    a: () => editor.step(-1),
    d: () => editor.step(1),
    n: () => editor.addByKey(),
    q: () => editor.clear(),
    c: () => editor.copyBefore(),
    p: () => editor.preLabel(),
    f: () => editor.fit(),
    "+": () => editor.zoom(1.4),
    "=": () => editor.zoom(1.4),
    "-": () => editor.zoom(1 / 1.4),
    delete: () => editor.removeSelected(),
    backspace: () => editor.removeSelected(),
    "?": () => editor.help(),
  });
  if (event.altKey) return;
  if (acts[key]) done(event, acts[key]);
  else if (editor.classKey(key)) event.preventDefault();
}

/** @param {KeyboardEvent} event @param {() => any} act */
function done(event, act) {
  event.preventDefault();
  act();
}
