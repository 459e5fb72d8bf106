/** What moves what: learning, bindings, hardware, and every address that there is. */

import { at } from "../address.js";
import { ask } from "../control.js";
import { h } from "../dom.js";
import { AddressList } from "../mapping/addresses.js";
import { BindingList } from "../mapping/bindings.js";
import { hardware } from "../mapping/hardware.js";
import { Incoming } from "../mapping/incoming.js";
import { Learner } from "../mapping/learning.js";
import { sentence } from "../slots.js";
import { t } from "../words.js";

/** @import { MappingState, Panel, Studio } from "../types.d.ts" */

const EVERY_MS = 250;
/** Values are asked for as often as that many looks. */
const SELDOM = 4;

export default /** @type {Panel} */ ({
  title: "Mapping",
  place: "side",
  order: 57,
  mount,
});

/** @param {HTMLElement} root @param {Studio} studio */
function mount(root, studio) {
  const { connection } = studio;
  const trouble = h("p", { class: "trouble", role: "alert", hidden: true });
  const file = h("p", { class: "hint", id: "mapping-file" });
  let known = /** @type {MappingState | null} */ (null);
  /** What was refused last, which stands until something else is done. */
  let refused = "";
  const say = (/** @type {string} */ words) => {
    trouble.textContent = words;
    trouble.hidden = !words;
  };
  connection.addEventListener("renewed", () => (known = null));
  const show = (/** @type {MappingState} */ state) => {
    // What was asked earlier may be answered later.
    if (known && state.at < known.at) return;
    known = state;
    say(refused || state.error);
    file.textContent = state.file ? t("Kept in {file}", { file: state.file }) : "";
    list.show(state);
    learner.show(state);
    incoming.show(state);
  };
  const act = async (/** @type {string} */ path, /** @type {any} */ content) => {
    refused = "";
    try {
      const state = /** @type {MappingState} */ (await ask(connection.token, "POST", `/mapping${path}`, content));
      show(state);
      return state;
    } catch (problem) {
      say((refused = sentence(problem)));
      return null;
    }
  };
  const list = new BindingList((bindings) => act("", { bindings }));
  const learner = new Learner(studio, () => addresses.all, (to, signal = "") => act("/learn", { to, signal }));
  const addresses = new AddressList((address) => learner.learn(address));
  const incoming = new Incoming(
    (signal) => learner.choose(signal),
    () => learner.isOn,
    () => studio.store.get("notes"),
  );
  root.append(
    trouble,
    learner.element,
    h("section", { class: "block" }, h("h3", {}, "Bindings"), list.element, file),
    hardware(connection),
    h("section", { class: "block" }, h("h3", {}, "What comes in"), incoming.element),
    h("section", { class: "block" }, h("h3", {}, "Addresses"), addresses.element),
  );
  let looks = 0;
  whileSeen(root, () => learner.isOn, async () => {
    const state = await ask(connection.token, "GET", "/mapping").catch(() => null);
    if (state) show(state);
    if (looks++ % SELDOM && addresses.all.length) return;
    const listed = await fetch(at("/osc")).then((answer) => answer.json()).catch(() => null);
    if (listed && known) addresses.show(listed.addresses, known.movers, listed.off);
  });
}

/**
 * Do something now and again while an element is to be seen, or there is another reason; once at a time.
 * @param {HTMLElement} root @param {() => boolean} isWanted @param {() => Promise<void>} work
 */
function whileSeen(root, isWanted, work) {
  let isSeen = false;
  let isBusy = false;
  const look = async () => {
    if (isBusy || document.hidden || !(isSeen || isWanted())) return;
    isBusy = true;
    await work().finally(() => (isBusy = false));
  };
  new IntersectionObserver(([entry]) => {
    isSeen = entry?.isIntersecting ?? false;
    look();
  }).observe(root);
  setInterval(look, EVERY_MS);
}
