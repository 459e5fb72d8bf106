/** What moves by itself: a walk, modulators and the beat; and what stops it. */

import { ask } from "../control.js";
import { isLive, vectorInput } from "../declaration.js";
import { h } from "../dom.js";
import { Modulator } from "../movement/modulator.js";
import { makeTempo } from "../movement/tempo.js";
import { makeWalk, toggleWalk } from "../movement/walk.js";
import { t } from "../words.js";

/** @import { Panel, Studio } from "../types.d.ts" */

const MOST = 8;

export default /** @type {Panel} */ ({
  title: "Movement",
  place: "side",
  shown: isLive,
  order: 53,
  mount,
});

/** @param {HTMLElement} root @param {Studio} studio */
function mount(root, studio) {
  const walk = makeWalk(studio);
  root.append(transport(studio), walk, makeTempo(studio), modulators(studio));
  const { store } = studio;
  store.follow(["declaration"], () => (walk.hidden = vectorInput(store.get("declaration")) === null));
}

/** Play, hold, stop. @param {Studio} studio */
function transport(studio) {
  const { store, session } = studio;
  const button = (/** @type {string} */ id, /** @type {string} */ title, /** @type {() => void} */ onclick) =>
    h("button", { type: "button", id, title, onclick });
  const play = button("movement-play", "Begin or end the walk (Space)", () => toggleWalk(studio));
  const hold = button("movement-hold", "Keep what moves where it is", () =>
    session.perform("hold", { on: !store.get("movement").held }),
  );
  const stop = button("movement-stop", "Stop whatever moves (Esc)", () => session.stopMoving());
  hold.textContent = t("Hold");
  stop.textContent = t("Stop");
  store.follow(["walk", "movement", "presets", "declaration"], () => {
    const { held, modulators } = store.get("movement");
    const moves = modulators.some(({ on, targets }) => on && Object.keys(targets).length);
    const goesOn = store.get("walk") || moves || store.get("presets").fade || store.get("presets").timeline.plays;
    play.textContent = store.get("walk") ? t("End the walk") : t("Play");
    play.hidden = vectorInput(store.get("declaration")) === null;
    hold.setAttribute("aria-pressed", String(held));
    hold.disabled = stop.disabled = !goesOn && !held;
  });
  return h("div", { class: "row transport", role: "group", "aria-label": "Movement" }, play, hold, stop);
}

/** @param {Studio} studio */
function modulators(studio) {
  const { store, session, connection } = studio;
  const list = h("div", { class: "modulators" });
  const hint = h("p", { class: "hint" }, "A wave, an envelope or noise moves controls by itself; a second mark shows where to.");
  const add = h("button", { type: "button", id: "modulator-add", disabled: true }, "Add a modulator");
  /** @type {Map<number, Modulator>} */
  const shown = new Map();
  /** @type {import("../movement/modulator.js").Kind[]} */
  let kinds = [];
  const show = () => {
    const told = store.get("movement").modulators;
    hint.hidden = told.length > 0;
    for (const [number, { element }] of shown) {
      if (told.some((one) => one.number === number)) continue;
      element.remove();
      shown.delete(number);
    }
    for (const one of kinds.length ? told : []) {
      const known = shown.get(one.number) ?? new Modulator(studio, one.number, kinds);
      shown.set(one.number, known);
      known.show(one, controlsOf(store));
    }
    list.append(...[...shown].sort(([a], [b]) => a - b).flatMap(([, { element }]) => (element.isConnected ? [] : [element])));
    add.disabled = !kinds.length || told.length >= MOST;
  };
  add.addEventListener("click", () => {
    const taken = store.get("movement").modulators.map(({ number }) => number);
    const number = [1, 2, 3, 4, 5, 6, 7, 8].find((each) => !taken.includes(each));
    if (number) session.perform("modulator", { number, kind: "lfo" });
  });
  ask(connection.token, "GET", "/live").then((told) => {
    kinds = told.modulators;
    show();
  }, () => {});
  store.follow(["movement", "declaration"], show);
  return h("section", { class: "block" }, h("h3", {}, "Modulators"), hint, list, add);
}

/** Names of what a modulator can move. @param {Studio["store"]} store */
function controlsOf(store) {
  const { inputs } = store.get("declaration");
  return inputs
    .filter(({ name, type }) => (type === "number" && name !== "seed") || (type === "vector" && name === "z"))
    .map(({ name }) => name);
}
