/** Learn: touch a control, move the hardware or send a message, done. */

import { h } from "../dom.js";
import { t } from "../words.js";

/** @import { MappingState, OscAddress, Studio } from "../types.d.ts" */

const COUNTS = [1, 8, 16];

const REST = "Press Learn, touch a control here, then move a knob or send an OSC message.";
const TOUCH = "Touch a control: a fader, a slider, Random, blackout.";

export class Learner {
  #words = h("p", { class: "hint", role: "status", id: "learn-words" });
  #count = h(
    "select",
    { id: "learn-count", "aria-label": "How many controls" },
    ...COUNTS.map((each) => h("option", { value: each }, each === 1 ? t("one control") : t("{n} controls from there", { n: each }))),
  );
  #button = h("button", { type: "button", id: "learn", class: "primary", onclick: () => this.#toggle() });
  // Controls are in other tabs, too.
  #elsewhere = h("span", {});
  #stop = h("button", { type: "button", onclick: () => this.#toggle() }, "Stop learning");
  #banner = h("div", { class: "learning-banner", role: "status" }, this.#elsewhere, this.#stop);
  element = h("section", { class: "block" }, h("div", { class: "row" }, this.#button, this.#count), this.#words);
  /** Whether a control is to be touched; and which wait for a signal. */
  #isWaiting = false;
  #asked = /** @type {string[]} */ ([]);
  /** Whether the server does not know yet what is asked. */
  #isAsking = false;
  #addresses;
  #ask;

  /**
   * @param {Studio} studio
   * @param {() => OscAddress[]} addresses those that there are
   * @param {(to: string[], signal?: string) => Promise<MappingState | null>} ask let the next signals,
   *   or that one, move these; none ends it; null where it is refused
   */
  constructor({ store }, addresses, ask) {
    this.#addresses = addresses;
    this.#ask = ask;
    document.body.append(this.#banner);
    store.addEventListener("touched", () => this.#isWaiting && this.learn(store.get("touched")));
    this.#say(REST);
  }

  get isOn() {
    return this.#isWaiting || this.#asked.length > 0;
  }

  /** Let the next signal move an address, or those from it on. @param {string} address */
  learn(address) {
    const asked = from(address, Number(this.#count.value), this.#addresses());
    this.#isWaiting = !asked.length;
    if (asked.length) this.#send(asked);
    else this.#say(t("No single number moves {address}; touch another control.", { address }));
  }

  /** Let a signal by its name move what waits. @param {string} signal */
  choose(signal) {
    if (this.#asked.length) this.#send(this.#asked.slice(0, 1), signal);
  }

  /** @param {MappingState} state */
  show({ learning, bindings }) {
    if (!this.#asked.length || this.#isAsking) return;
    if (learning.length) return this.#say(t("{address}: move a knob, press a key or send a message.", { address: learning[0] }));
    const found = bindings.filter(({ to }) => this.#asked.includes(to));
    this.#asked = [];
    this.#say(found.map(({ from, to }) => t("{to} follows {from}.", { to, from })).join(" ") || REST);
  }

  #toggle() {
    const wasOn = this.isOn;
    if (this.#asked.length) this.#send([]);
    this.#isWaiting = !wasOn;
    this.#say(wasOn ? REST : TOUCH);
  }

  /** @param {string[]} asked @param {string} [signal] */
  async #send(asked, signal) {
    this.#asked = asked;
    this.#isAsking = true;
    const state = await this.#ask(asked, signal);
    this.#isAsking = false;
    if (state) return this.show(state);
    this.#asked = [];
    this.#say(REST);
  }

  /** @param {string} text */
  #say(text) {
    this.#words.textContent = this.#elsewhere.textContent = t(text);
    this.#banner.hidden = !this.isOn;
    this.#button.textContent = this.isOn ? t("Stop learning") : t("Learn");
    this.#button.setAttribute("aria-pressed", String(this.isOn));
  }
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
