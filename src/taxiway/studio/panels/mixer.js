/** The mixer: one fader per number of the vector, drawn across like on a mixing console. */

import { vectorInput } from "../declaration.js";
import { h } from "../dom.js";
import { Bank } from "../mixer/bank.js";
import { t } from "../words.js";

/** @import { Panel, Studio } from "../types.d.ts" */

/** How many faders are in view, 0 for all. */
const ZOOMS = [0, 128, 32];

/** Action, label, key and meaning. */
const BUTTONS = [
  ["random", "Random", "R", "New random numbers, normally distributed"],
  ["nudge", "Nudge", "N", "A small step to a neighbouring picture"],
  ["perlin", "Perlin", "P", "A smooth curve; every press draws another"],
  ["zero", "Zero", "Z", "Every fader to 0: the model's average"],
  ["min", "Min", "", "Every fader to −1"],
  ["max", "Max", "", "Every fader to +1"],
];

export default /** @type {Panel} */ ({
  title: "Mixer",
  place: "deck",
  shown: (declaration) => vectorInput(declaration) !== null,
  order: 20,
  mount,
});

/** @param {HTMLElement} root @param {Studio} studio */
function mount(root, studio) {
  const bank = new Bank(studio);
  const readout = h("div", { class: "readout" }, mover(studio), noiseSeed(studio), bank.told, bank.length);
  root.append(
    h(
      "header",
      { class: "panel-head" },
      h("h2", {}, "Mixer"),
      fillButtons(studio),
      zoomButtons(bank),
      readout,
    ),
    h("div", { class: "mixer-bank" }, axis(), bank.canvas),
    bank.scroll,
  );
}

function axis() {
  const marks = [3, 1, 0, -1, -3].map((value) => {
    const text = value > 0 ? `+${value}` : String(value).replace("-", "−");
    return h("span", { class: `mark mark-${value}` }, text);
  });
  return h("div", { class: "mixer-axis", "aria-hidden": "true" }, ...marks);
}

/** @param {Studio} studio */
function fillButtons({ actions }) {
  const buttons = BUTTONS.map(([name, label, key, hint]) =>
    h(
      "button",
      { type: "button", title: hint, "data-action": name, onclick: () => actions[name]() },
      label,
      name === "perlin" ? h("span", { class: "long" }, " noise") : null,
      key ? h("kbd", { "aria-hidden": "true", translate: "no" }, key) : null,
    ),
  );
  return h("div", { class: "row", role: "group", "aria-label": "Set all faders" }, ...buttons);
}

/** @param {Bank} bank */
function zoomButtons(bank) {
  const group = h("div", { class: "segments", role: "group", "aria-label": "Faders in view" });
  for (const count of ZOOMS) {
    const button = h("button", { type: "button", "aria-pressed": count === 0 }, count || "All");
    button.addEventListener("click", () => {
      for (const other of group.children) {
        other.setAttribute("aria-pressed", String(other === button));
      }
      bank.zoomTo(count);
    });
    group.append(button);
  }
  return group;
}

/** Which noise was drawn, as long as it is what is on stage. @param {Studio} studio */
function noiseSeed({ store }) {
  const text = h("span", { class: "figure", title: "The seed of the Perlin noise" });
  store.follow(["origin"], () => {
    const origin = store.get("origin");
    text.textContent = origin && "noise" in origin ? t("Noise {seed}", { seed: String(origin.noise) }) : "";
  });
  return text;
}

/** Who else moves the vector. @param {Studio} studio */
function mover({ store }) {
  const text = h("span", { class: "mover", title: "Who moves the faders" });
  store.follow(["movers", "declaration"], () => {
    const name = vectorInput(store.get("declaration"))?.name ?? "";
    text.textContent = (store.get("movers")[name] ?? "").replace("mapping ", "");
  });
  return text;
}
