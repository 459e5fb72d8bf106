/**
 * The page at /output: the picture and nothing else, for a second window, a beamer, or OBS.
 *
 * Its address says how it looks (docs/outputs.md), and every key changes the address, so that a
 * reload changes nothing. While the server is away the last picture stays.
 */

import { Connection } from "./connection.js";
import { isPicture } from "./declaration.js";
import { Bars } from "./picture/bars.js";
import { Screen } from "./picture/screen.js";

/** @import { ServerMessage, Values } from "./types.d.ts" */

const VIEWS = ["fit", "crop", "fill"];

const root = document.documentElement;
const canvas = /** @type {HTMLCanvasElement} */ (document.querySelector("canvas"));
const bars = new Bars(canvas);
const asked = new URLSearchParams(location.search);
const has = (/** @type {string} */ name) => !["", "0", "false"].includes(asked.get(name) ?? "");

/** Whether every output is to be black. */
let isBlack = false;
/** When the studio's test picture is over. */
let testing = 0;

/** Look as the address says. */
function look() {
  const view = asked.get("view") ?? "";
  canvas.className = VIEWS.includes(view) ? view : "fit";
  canvas.classList.toggle("mirror", has("mirror"));
  bars.show(has("test") || testing > 0);
  root.classList.toggle("blackout", isBlack || has("blackout"));
  root.style.background = asked.get("ground") ?? "";
}

/** @param {string} name @param {string} value "" for none */
function change(name, value) {
  if (value) asked.set(name, value);
  else asked.delete(name);
  history.replaceState(null, "", `${location.pathname}?${asked}`);
  look();
}

const toggle = (/** @type {string} */ name) => change(name, has(name) ? "" : "1");

function fullScreen() {
  if (document.fullscreenElement) return document.exitFullscreen();
  return root.requestFullscreen();
}

const KEYS = /** @type {Record<string, () => void>} */ ({
  1: () => change("view", "fit"),
  2: () => change("view", "crop"),
  3: () => change("view", "fill"),
  b: () => toggle("blackout"),
  f: () => fullScreen(),
  m: () => toggle("mirror"),
  t: () => toggle("test"),
});
addEventListener("keydown", ({ key, ctrlKey, metaKey, altKey }) => {
  if (key === "Escape") connection.sendMessage({ type: "perform", action: "stop", inputs: {} });
  if (!ctrlKey && !metaKey && !altKey) KEYS[key.toLowerCase()]?.();
});
addEventListener("dblclick", fullScreen);

/** A screen that nobody touches stays lit, where the browser can see to it. */
function keepLit() {
  if (!document.hidden) navigator.wakeLock?.request("screen").catch(() => {});
}
document.addEventListener("visibilitychange", keepLit);
keepLit();

look();
const connection = new Connection({ isScreen: true });
const screen = new Screen(canvas, connection, { isClear: true, mayFlash: () => has("flashes") });
/** The output that is shown of a model that is not played live. */
let picture = "";
/** Counts them. */
let number = 0;
connection.onMessage((/** @type {ServerMessage} */ message) => {
  if (message.type === "hello") {
    document.title = message.model.title ?? message.model.name;
    picture = message.info?.outputs.find((field) => isPicture(field))?.name ?? "";
  }
  if (message.type === "hello" || message.type === "blackout") {
    isBlack = message.type === "hello" ? (message.blackout ?? false) : message.on;
    look();
  }
  if (message.type === "test") {
    clearTimeout(testing);
    testing = setTimeout(() => ((testing = 0), look()), 1000 * message.seconds);
    look();
  }
  if (message.type === "output" || message.type === "part") show(message.outputs);
});
connection.addEventListener("close", () => (number = 0));
connection.open();

/** @param {Values} outputs */
function show(outputs) {
  const uri = outputs[picture];
  if (typeof uri !== "string") return;
  const [head, data] = uri.split(",", 2);
  const payload = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0)).buffer;
  const mime = head.slice("data:".length).split(";")[0];
  screen.show({ number: ++number, mime, payload, inputSeq: 0, time: 0, renderMs: 0 });
}
