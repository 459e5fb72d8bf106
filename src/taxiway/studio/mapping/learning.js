/** Learn: touch a control, move the hardware or send a message, done. */

import { h } from "../dom.js";

/** @import { MappingState, OscAddress, Studio } from "../types.d.ts" */

const COUNTS = [1, 8, 16];

/**
 * @typedef {object} Learner
 * @property {HTMLElement} element
 * @property {(state: MappingState) => void} show
 * @property {(address: string) => void} learn begin with an address that was chosen
 * @property {() => boolean} isOn
 * @property {(signal: string) => void} choose let a signal by its name move what waits
 */

/**
 * @param {Studio} studio
 * @param {() => OscAddress[]} addresses those that there are
 * @param {(to: string[], signal?: string) => void} ask let the next signals, or that one, move
 *   these; none ends it
 * @returns {Learner}
 */
export function makeLearner({ store }, addresses, ask) {
  let isWaiting = false;
  let asked = /** @type {string[]} */ ([]);
  const words = h("p", { class: "hint", role: "status", id: "learn-words" });
  const count = h(
    "select",
    { id: "learn-count", "aria-label": "How many controls" },
    ...COUNTS.map((each) => h("option", { value: each }, each === 1 ? "one control" : `${each} controls from there`)),
  );
  const button = h("button", { type: "button", id: "learn", class: "primary", "aria-pressed": false });
  // Controls are in other tabs, too.
  const elsewhere = h("span", {});
  const stop = h("button", { type: "button", onclick: () => button.click() }, "Stop learning");
  const banner = h("div", { class: "learning-banner", role: "status", hidden: true }, elsewhere, stop);
  document.body.append(banner);
  const rest = "Press Learn, touch a control here, then move a knob or send an OSC message.";
  const show = (/** @type {string} */ text, /** @type {boolean} */ isOn) => {
    words.textContent = elsewhere.textContent = text;
    banner.hidden = !isOn;
    button.textContent = isOn ? "Stop learning" : "Learn";
    button.setAttribute("aria-pressed", String(isOn));
  };
  const begin = (/** @type {string} */ address) => {
    isWaiting = false;
    asked = from(address, Number(count.value), addresses());
    if (asked.length) ask(asked);
    else show(`No single number moves ${address}; touch another control.`, (isWaiting = true));
  };
  button.addEventListener("click", () => {
    const isOn = isWaiting || asked.length > 0;
    isWaiting = !isOn;
    if (asked.length) ask((asked = []));
    show(isWaiting ? "Touch a control: a fader, a slider, Random, blackout." : rest, isWaiting);
  });
  store.addEventListener("touched", () => isWaiting && begin(store.get("touched")));
  show(rest, false);
  return {
    element: h("section", { class: "block" }, h("div", { class: "row" }, button, count), words),
    learn: begin,
    isOn: () => isWaiting || asked.length > 0,
    choose: (signal) => {
      if (asked.length) ask(asked.slice(0, 1), signal);
      else show("Press Learn and touch a control first.", isWaiting);
    },
    show: ({ learning, bindings }) => {
      if (!asked.length || isWaiting) return;
      if (learning.length) return show(`${learning[0]}: move a knob, press a key or send a message.`, true);
      const found = bindings.filter(({ to }) => asked.includes(to));
      asked = [];
      show(found.map(({ from, to }) => `${to} follows ${from}.`).join(" ") || rest, false);
    },
  };
}

/**
 * So many addresses from one on: numbers of its vector, or those that come next in the list.
 * @param {string} address @param {number} count @param {OscAddress[]} addresses
 */
export function from(address, count, addresses) {
  const [, name, place] = address.match(/^(\/[^/]+)\/(\d+)$/) ?? [];
  const vector = addresses.find((each) => each.length && each.address === name);
  if (vector) {
    const first = Number(place);
    const last = Math.min(first + count, vector.length);
    return Array.from({ length: last - first }, (_, k) => `${name}/${first + k}`);
  }
  const single = addresses.filter(isSingle).map((each) => each.address);
  const at = single.indexOf(address);
  return at < 0 ? [] : single.slice(at, at + count);
}

/** Whether one number, or a press, moves it. @param {OscAddress} address */
export const isSingle = ({ length, types, oneOf, trigger }) =>
  !length && (trigger || oneOf.length > 0 || /^[if]/.test(types));
