/** The keys of the whole page, and the list of them that `?` shows. */

import { isLive, vectorInput } from "./declaration.js";
import { h } from "./dom.js";
import { t } from "./words.js";

/** @import { Store } from "./store.js" */
/** @import { Declaration } from "./types.d.ts" */

const FIELDS = "input:not([type=range]):not([type=checkbox]), textarea, select";

const isPlayed = (/** @type {Declaration} */ declaration) => vectorInput(declaration) !== null;
const isTruncated = (/** @type {Declaration} */ { inputs }) => inputs.some(({ name }) => name === "truncation");

/** What `?` shows: keys, meaning, and the models for which they do something; all, if none is said. */
const LIST = /** @type {[string, string, ((declaration: Declaration) => boolean)?][]} */ ([
  ["R", "Random vector", isPlayed],
  ["N", "Nudge: a step to a neighbour", isPlayed],
  ["Z", "Zero", isPlayed],
  ["P", "Perlin noise", isPlayed],
  ["[  ]", "Truncation down, up; with Shift finer", isTruncated],
  ["1 … 8", "Go to a preset; with Shift store it", isLive],
  ["Space", "Begin the walk, or end it", isPlayed],
  ["Esc", "Stop whatever moves", isLive],
  ["Ctrl Z", "Undo", isLive],
  ["Ctrl Shift Z", "Redo", isLive],
  ["Ctrl S", "Download the picture"],
  ["M", "To the mixer: ← → choose a fader, ↑ ↓ change it, Shift for more; over a full screen too", isPlayed],
  ["G", "To the map: arrows step, + − zoom, 0 goes home; over a full screen too", isPlayed],
  ["F", "Full screen"],
  ["B", "Every output black, or to be seen again"],
  ["O", "A window of the picture alone; there F, 1 2 3 fit, crop, fill, B black, M mirror"],
  ["?", "This list"],
]);

/**
 * @typedef {object} Reach what keys can do besides the actions
 * @property {Record<string, import("./actions.js").Action>} actions
 * @property {() => void} save
 * @property {() => void} fullScreen
 * @property {() => void} output
 * @property {() => void} blackOut
 * @property {() => void} help
 * @property {(event: KeyboardEvent) => void} key is told of every other key
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
    o: reach.output,
    b: reach.blackOut,
    "?": reach.help,
  });
  const withControl = /** @type {Record<string, () => void>} */ ({
    z: () => actions.undo(),
    "shift+z": () => actions.redo(),
    y: () => actions.redo(),
    s: reach.save,
  });
  addEventListener("keydown", (event) => {
    if (event.altKey || document.querySelector("dialog[open]")) return;
    // It stops what moves, wherever the focus is.
    if (event.key === "Escape") return reach.key(event);
    if (isTyping(event)) return;
    const act =
      event.ctrlKey || event.metaKey ? withControl[nameOf(event)] : plain[event.key.toLowerCase()];
    if (!act && !event.ctrlKey && !event.metaKey) return reach.key(event);
    if (!act) return;
    event.preventDefault();
    act();
  });
}

/** @param {KeyboardEvent} event */
const nameOf = (event) => (event.shiftKey ? "shift+" : "") + event.key.toLowerCase();

/** @param {KeyboardEvent} event */
const isTyping = (event) => event.target instanceof Element && event.target.matches(FIELDS);

/** The list of keys, as a dialog that is opened with `showModal()`. @param {Store} store */
export function keysDialog(store) {
  const rows = LIST.map(([keys, meaning]) =>
    h(
      "div",
      {},
      h("dt", {}, ...t(keys).split(/ +/).map((key) => h("kbd", {}, key))),
      h("dd", {}, meaning),
    ),
  );
  store.follow(["declaration"], () =>
    LIST.forEach(([, , works = () => true], k) => (rows[k].hidden = !works(store.get("declaration")))),
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
