/** What the server says of the model and of itself, kept in the store and told in words. */

import { h } from "./dom.js";
import { t } from "./words.js";

/** @import { Hello, ModelState, StateName, Values } from "./types.d.ts" */

/** @typedef {import("./store.js").Store} Store */

const WORDS = {
  offline: "Offline",
  asleep: "Asleep",
  starting: "Starting",
  running: "Running",
  failed: "Failed",
};
const EXPLANATIONS = {
  offline: "The server does not answer. Reconnecting; you can go on editing.",
  asleep: "The model is not loaded.",
  starting: "The model is being loaded.",
  running: "",
  failed: "The model could not be started.",
};
const ANNOUNCE_EVERY_MS = 2000;
const ERROR_STAYS_MS = 10000;
const ERROR_IS_READ_MS = 2000;

/** @param {import("./connection.js").Connection} connection @param {Store} store */
export function keepStatus(connection, store) {
  connection.addEventListener("close", () => {
    store.set("state", { name: "offline", message: "" });
    store.set("work", null);
    store.set("walk", false);
  });
  connection.onMessage((message) => {
    if (message.type === "hello") meet(message, store);
    if (message.type === "state") setState(message, store);
    if (message.type === "output") {
      store.set("outputs", message.outputs);
      answered();
    }
    if (message.type === "part") takePart(message, store);
    if (message.type === "ended" && message.call === store.get("work")?.call) store.set("work", null);
    if (message.type === "walk") store.set("walk", message.on);
    if (message.type === "movement") store.set("movement", message);
    if (message.type === "modulated") store.set("modulated", message.values);
    if (message.type === "presets") store.set("presets", message);
    if (message.type === "blackout") store.set("blackout", message.on);
    if (message.type === "error") {
      // What was wrong with the model's last answer is true until there is another.
      lasting = message.input || message.seq != null ? "" : message.message;
      store.set("error", message.message);
    }
  });
  connection.onFrame(() => answered());
  let lasting = "";
  const answered = () => {
    if (lasting && store.get("error") === lasting) store.set("error", "");
    lasting = "";
  };
  let clearing = 0;
  let since = 0;
  store.addEventListener("error", () => {
    clearTimeout(clearing);
    since = performance.now();
    const isPassing = store.get("error") && store.get("error") !== lasting;
    if (isPassing) clearing = setTimeout(() => store.set("error", ""), ERROR_STAYS_MS);
  });
  // A picture that our own hand made shows that what was wrong is so no longer.
  store.addEventListener("picture", () => {
    const isOurs = (store.get("picture")?.age ?? null) !== null;
    const isRead = performance.now() - since > ERROR_IS_READ_MS;
    if (isOurs && isRead && store.get("error")) store.set("error", "");
  });
}

/** What computes the model, as far as it says that. @param {import("./types.d.ts").Values} facts */
function computedBy({ backend, precision, device, threads }) {
  if (!backend) return "";
  const on = device === "cpu" && threads ? `${device} x ${threads}` : device;
  return [backend, precision, on].filter(Boolean).join(", ");
}

/** @param {Hello} hello @param {Store} store */
function meet(hello, store) {
  const { notes = [], strips = {}, group_notes: groupNotes = {}, left_out: without = {} } = hello.facts ?? {};
  const leftOut = Object.entries(without).map(([name, why]) => `${name}: ${why}`).join(" ");
  const told = { notes: notes.map(asSentence).join(" "), computedBy: computedBy(hello.facts ?? {}), leftOut };
  store.set("model", { ...hello.model, ...told, strips, groupNotes });
  const declaration = hello.info && { ...hello.info, live: hello.live };
  const isNew = JSON.stringify(declaration) !== JSON.stringify(store.get("declaration"));
  if (declaration && isNew) store.set("declaration", declaration);
  store.set("walk", hello.walk ?? false);
  // What is otherwise is told next.
  store.set("movement", { modulators: [], bpm: 120, changes: "now", held: false });
  store.set("modulated", {});
  store.set("blackout", hello.blackout ?? false);
  setState(hello, store);
}

/** @param {{ call: number, outputs: Values, progress: number | null, message: string }} part @param {Store} store */
function takePart({ call, outputs, progress, message }, store) {
  const before = store.get("work");
  const isSame = before?.call === call;
  const from = isSame && before.from ? before.from : null;
  const first = progress === null ? null : { time: performance.now(), progress };
  store.set("work", { call, progress, message, from: from ?? first });
  if (Object.keys(outputs).length) store.set("outputs", { ...store.get("outputs"), ...outputs });
}

/** @param {{ state: StateName, message: string }} told @param {Store} store */
function setState({ state, message }, store) {
  store.set("state", { name: state, message });
}

/** One word for the lamp. @param {ModelState} state */
export function stateWord(state) {
  return t(WORDS[state.name]);
}

/** One sentence for people. @param {ModelState} state */
export function stateSentence(state) {
  return t(state.message || EXPLANATIONS[state.name]);
}

/**
 * The lamp: its colour and its shape both tell the state, and a word beside it does too.
 * @param {Store} store
 */
export function statusLamp(store) {
  const word = h("span", { class: "lamp-word" });
  const lamp = h("span", { class: "lamp", "aria-hidden": "true" });
  store.follow(["state"], () => {
    const state = store.get("state");
    word.textContent = stateWord(state);
    document.body.dataset.state = state.name;
  });
  return h("div", { class: "status", id: "status" }, lamp, word);
}

/**
 * Where assistive technology hears of changes, at most once in two seconds.
 * @param {Store} store
 */
export function announcer(store) {
  const region = h("div", { class: "off-screen", role: "status", "aria-live": "polite" });
  let waits = false;
  const say = () => {
    waits = false;
    const state = store.get("state");
    const sentence = store.get("error") || stateSentence(state);
    region.textContent = `${stateWord(state)}. ${sentence}`;
  };
  const saySoon = () => {
    if (!waits) setTimeout(say, region.textContent ? ANNOUNCE_EVERY_MS : 0);
    waits = true;
  };
  store.follow(["state", "error"], saySoon);
  return region;
}

/** @param {string} words as they stand behind "Note:" in a terminal */
function asSentence(words) {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}
