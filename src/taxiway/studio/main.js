/** Where the studio begins: the parts are made, introduced to each other and put on the page. */

import { makeActions } from "./actions.js";
import { Asker } from "./asking.js";
import { Connection } from "./connection.js";
import { isLive, vectorInput } from "./declaration.js";
import { h } from "./dom.js";
import { makeFiles } from "./files.js";
import { makeHeader } from "./header.js";
import { keepThroughReloads } from "./keeping.js";
import { keysDialog, listenToKeys } from "./keys.js";
import { layOut } from "./layout.js";
import { toggleWalk } from "./movement/walk.js";
import { keepMovers } from "./movers.js";
import { keepNotes } from "./notes.js";
import { Opener } from "./opening.js";
import { Session } from "./session.js";
import { announcer, keepStatus } from "./status.js";
import { loadSlot } from "./slots.js";
import { Store } from "./store.js";
import { loadWidgets } from "./widgets/index.js";
import { openOutput } from "./window.js";
import { takeCommas, t } from "./words.js";

takeCommas();
// What style sheets say.
for (const [name, words] of Object.entries({
  "--drop-words": "Drop a model's file, a picture, a text to train on, or numbers as JSON",
  "--away-words": "The server does not answer; what is shown here is as it was.",
})) document.documentElement.style.setProperty(name, JSON.stringify(t(words)));

const store = new Store();
const connection = new Connection();
keepStatus(connection, store);
keepNotes(connection, store);
keepMovers(connection, store);
const session = new Session(store, connection);
/** To play from the browser's console: `(await import("/studio/main.js")).studio`. */
export const studio = {
  store,
  session,
  asker: new Asker(store),
  connection,
  actions: makeActions(store, session),
  files: makeFiles(store, new Opener(store, session, connection)),
};

keepThroughReloads(store, session);
const dialog = keysDialog(store);
const main = /** @type {HTMLElement} */ (document.querySelector("main"));
const [failedWidgets, loaded] = await Promise.all([loadWidgets(), loadSlot("panels", "mount")]);
const panels = layOut(main, studio, [...loaded, ...failedWidgets]);
const reach = {
  actions: studio.actions,
  save: () => (isLive(store.get("declaration")) ? studio.files.downloadPicture() : saveOutput()),
  fullScreen,
  output: () => openOutput(store),
  blackOut: () => session.blackOut(!store.get("blackout")),
  help: () => dialog.showModal(),
  key: (/** @type {KeyboardEvent} */ event) => isLive(store.get("declaration")) && playKey(event),
  goTo: (/** @type {string} */ panel) => {
    const { dataset } = document.body;
    panels.open(panel);
    // Over a picture that fills the screen it comes and goes.
    dataset.over = document.fullscreenElement && dataset.over === panel ? "" : panel;
    /** @type {HTMLElement | null} */ (document.querySelector(`#panel-${panel} canvas`))?.focus();
  },
};
const skip = h("button", { type: "button", class: "skip", onclick: () => panels.focus() }, "To the panels");
main.before(skip, makeHeader(studio, reach, panels.wide));
main.after(announcer(store), dialog);
listenToKeys(reach);
studio.files.acceptFiles();
connection.open();

/** Digits are presets, Escape stops. @param {KeyboardEvent} event */
function playKey(event) {
  // By its place: with Shift a digit's key writes something else.
  const number = Number(/^Digit([1-8])$/.exec(event.code)?.[1]);
  if (event.key === "Escape") session.stopMoving();
  else if (event.key === " " && vectorInput(store.get("declaration")) && isFree(event)) playOrEnd(event);
  else if (number && event.shiftKey) session.storePreset(number);
  else if (number && store.get("presets").presets.some((one) => one.number === number)) session.goTo({ number });
}

/** Whether a key is nobody else's: a button takes Space, and a panel scrolls by it. @param {KeyboardEvent} event */
const isFree = (event) => event.target === document.body || event.target instanceof HTMLCanvasElement;

/** @param {KeyboardEvent} event */
function playOrEnd(event) {
  event.preventDefault();
  toggleWalk(studio);
}

/** Save the first picture that a form was answered. */
function saveOutput() {
  /** @type {HTMLElement | null} */ (document.querySelector(".output-picture .copy"))?.click();
}

/**
 * The picture alone, for a beamer; M and G show mixer and map over it. Where the browser lets a page
 * have Escape, it stops what moves, as always, and F comes back, or Escape that is held.
 */
async function fullScreen() {
  if (document.fullscreenElement) return document.exitFullscreen();
  await document.documentElement.requestFullscreen();
  const { keyboard } = /** @type {{ keyboard?: { lock?: (keys: string[]) => Promise<void> } }} */ (navigator);
  await keyboard?.lock?.(["Escape"]).catch(() => {});
}

document.addEventListener("fullscreenchange", () => {
  document.body.classList.toggle("kiosk", document.fullscreenElement !== null);
  delete document.body.dataset.over;
});
