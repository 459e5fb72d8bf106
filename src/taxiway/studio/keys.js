/** The keys of the whole page, and the list of them that `?` shows. */

import { h } from "./dom.js";

const FIELDS = "input:not([type=range]):not([type=checkbox]), textarea, select";

/** What `?` shows: keys, meaning. */
const LIST = [
  ["R", "Random vector"],
  ["N", "Nudge: a step to a neighbour"],
  ["Z", "Zero"],
  ["P", "Perlin noise"],
  ["[  ]", "Truncation down, up; with Shift finer"],
  ["Ctrl Z", "Undo"],
  ["Ctrl Shift Z", "Redo"],
  ["Ctrl S", "Download the picture"],
  ["M", "To the mixer: ← → choose a fader, ↑ ↓ change it, Shift for more"],
  ["G", "To the map: arrows step, + − zoom, 0 goes home"],
  ["F", "Full screen"],
  ["?", "This list"],
];

/**
 * @typedef {object} Reach what keys can do besides the actions
 * @property {Record<string, import("./actions.js").Action>} actions
 * @property {() => void} save
 * @property {() => void} fullScreen
 * @property {() => void} help
 * @property {(panel: string) => void} goTo
 */

/** @param {Reach} reach */
export function listenToKeys(reach) {
  const { actions } = reach;
  const plain = /** @type {Record<string, () => void>} */ ({
    r: () => actions.random(),
    n: () => actions.nudge(),
    z: () => actions.zero(),
    p: () => actions.perlin(),
    "[": () => actions.lowerTruncation(),
    "]": () => actions.raiseTruncation(),
    "{": () => actions.lowerTruncation(true),
    "}": () => actions.raiseTruncation(true),
    m: () => reach.goTo("mixer"),
    g: () => reach.goTo("map"),
    f: reach.fullScreen,
    "?": reach.help,
  });
  const withControl = /** @type {Record<string, () => void>} */ ({
    z: () => actions.undo(),
    "shift+z": () => actions.redo(),
    y: () => actions.redo(),
    s: reach.save,
  });
  addEventListener("keydown", (event) => {
    if (event.altKey || isTyping(event) || document.querySelector("dialog[open]")) return;
    const act =
      event.ctrlKey || event.metaKey ? withControl[nameOf(event)] : plain[event.key.toLowerCase()];
    if (!act) return;
    event.preventDefault();
    act();
  });
}

/** @param {KeyboardEvent} event */
const nameOf = (event) => (event.shiftKey ? "shift+" : "") + event.key.toLowerCase();

/** @param {KeyboardEvent} event */
const isTyping = (event) => event.target instanceof Element && event.target.matches(FIELDS);

/** The list of keys, as a dialog that is opened with `showModal()`. */
export function keysDialog() {
  const rows = LIST.map(([keys, meaning]) =>
    h(
      "div",
      {},
      h("dt", {}, ...keys.split(/ +/).map((key) => h("kbd", {}, key))),
      h("dd", {}, meaning),
    ),
  );
  const close = h("button", { type: "submit", class: "primary" }, "Close");
  return h(
    "dialog",
    { class: "keys", "aria-labelledby": "keys-title" },
    h("h2", { id: "keys-title" }, "Keys"),
    h("dl", {}, ...rows),
    h("form", { method: "dialog" }, close),
  );
}
