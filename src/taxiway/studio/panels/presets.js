/** What can be gone back to: presets, how one fades there, and what was seen. */

import { isLive } from "../declaration.js";
import { h } from "../dom.js";
import { makeMixing } from "../presets/mixing.js";
import { makeScene } from "../presets/scene.js";
import { makeStrip } from "../presets/strip.js";
import { makeTimeline } from "../presets/timeline.js";
import { makeTiles } from "../presets/tiles.js";
import { makeWidget } from "../widgets/index.js";

/** @import { NumberField, Panel, Studio } from "../types.d.ts" */

/** @type {NumberField} */
const SECONDS = { name: "fade-seconds", type: "number", min: 0, max: 20, step: 0.1, default: 0 };
const CURVES = ["smooth", "even", "in", "out"];

export default /** @type {Panel} */ ({
  title: "Presets",
  place: "side",
  shown: isLive,
  order: 52,
  mount,
});

/** @param {HTMLElement} root @param {Studio} studio */
function mount(root, studio) {
  root.append(
    unread(studio),
    h("section", { class: "block" }, h("h3", {}, "Presets"), ...makeTiles(studio)),
    fadeBlock(studio),
    makeMixing(studio),
    h("section", { class: "block" }, h("h3", {}, "History"), ...makeStrip(studio)),
    makeTimeline(studio, CURVES),
    h("section", { class: "block" }, h("h3", {}, "Scene"), makeScene(studio)),
  );
}

/** What could not be read of what was kept. @param {Studio} studio */
function unread({ store }) {
  const said = h("p", { class: "trouble", role: "status" });
  store.follow(["presets"], () => {
    said.textContent = store.get("presets").said;
    said.hidden = !said.textContent;
  });
  return said;
}

/** How long a fade takes, whoever begins it. @param {Studio} studio */
function fadeBlock({ store, session }) {
  const seconds = makeWidget(SECONDS, (value) => session.perform("fade", { seconds: value ?? 0 }));
  const curve = h("select", { id: "fade-curve" }, ...CURVES.map((name) => h("option", {}, name)));
  curve.addEventListener("change", () => session.perform("fade", { curve: curve.value }));
  store.follow(["presets"], () => {
    const told = store.get("presets");
    seconds.show(told.seconds);
    curve.value = told.curve;
  });
  const line = (/** @type {string} */ id, /** @type {string} */ words, /** @type {HTMLElement} */ element) =>
    h("div", { class: "line" }, h("label", { for: id }, words), element);
  return h(
    "section",
    { class: "block" },
    line("input-fade-seconds", "Fade, s", seconds.element),
    line("fade-curve", "Curve", curve),
  );
}
