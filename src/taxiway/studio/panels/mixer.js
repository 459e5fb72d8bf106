/** The mixer: one fader per number of the vector, drawn across like on a mixing console. */

import { vectorInput } from "../declaration.js";
import { h } from "../dom.js";
import { Faders, RANGE } from "../mixer/faders.js";
import { drawByPointer, playByKeys } from "../mixer/hand.js";
import { atMostEvery, oncePerFrame } from "../pace.js";
import { norm } from "../vectors.js";

/** @typedef {import("./index.js").Studio} Studio */

const READOUT_EVERY_MS = 100;
const ZOOMS = [0, 128, 32];

const BUTTONS = [
  ["random", "Random", "R", "New random numbers, normally distributed"],
  ["nudge", "Nudge", "N", "A small step to a neighbouring picture"],
  ["perlin", "Perlin noise", "P", "A smooth curve; every press draws another"],
  ["zero", "Zero", "Z", "Every fader to 0: the model's average"],
  ["min", "Min", "", "Every fader to −1"],
  ["max", "Max", "", "Every fader to +1"],
];

export default /** @type {import("./index.js").Panel} */ ({
  id: "mixer",
  title: "Mixer",
  place: "deck",
  shown: (declaration) => vectorInput(declaration) !== null,
  mount,
});

/** @param {HTMLElement} root @param {Studio} studio */
function mount(root, studio) {
  const { store, stage } = studio;
  const canvas = /** @type {HTMLCanvasElement} */ (/** @type {unknown} */ (makeCanvas()));
  const faders = new Faders(canvas);
  const vector = () => store.get("vector");
  const scroll = h("input", {
    type: "range",
    class: "mixer-scroll",
    "aria-label": "First fader in view",
    min: 0,
  });

  const paint = oncePerFrame(() => vector().length && faders.paint(vector()));
  const figures = readout();
  const describe = atMostEvery(READOUT_EVERY_MS, () => {
    if (!vector().length) return;
    tellValue(canvas, faders, vector());
    figures.tell(faders.cursor, vector());
  });
  const moved = () => {
    faders.showCursor(vector().length);
    scroll.value = String(faders.first);
    describe();
    paint();
  };
  const zoomTo = (/** @type {number} */ count) => {
    faders.count = Math.min(count || vector().length, vector().length);
    scroll.hidden = faders.count === vector().length;
    scroll.max = vector().length - faders.count;
    moved();
  };

  const player = { faders, vector, stage, moved };
  drawByPointer(canvas, player);
  playByKeys(canvas, player);
  scroll.addEventListener("input", () => {
    faders.first = Number(scroll.value);
    paint();
  });
  root.append(
    h(
      "header",
      { class: "panel-head" },
      h("h2", {}, "Mixer"),
      fillButtons(studio),
      zoomButtons(zoomTo),
      figures.element,
    ),
    h("div", { class: "mixer-bank" }, axis(), canvas),
    scroll,
  );
  store.follow(["vector"], () => {
    if (faders.count === 0 || faders.count > vector().length) zoomTo(0);
    describe();
    paint();
  });
  new ResizeObserver(() => {
    faders.resize();
    paint();
  }).observe(canvas);
}

function makeCanvas() {
  return h("canvas", {
    class: "mixer-canvas",
    tabindex: 0,
    role: "slider",
    "aria-label": "Faders: left and right choose one, up and down change it",
    "aria-valuemin": -RANGE,
    "aria-valuemax": RANGE,
    "aria-valuenow": 0,
  });
}

/** @param {HTMLElement} canvas @param {Faders} faders @param {Float32Array} vector */
function tellValue(canvas, faders, vector) {
  const value = vector[faders.cursor].toFixed(2);
  canvas.setAttribute("aria-valuenow", value);
  canvas.setAttribute("aria-valuetext", `fader ${faders.cursor}, ${value}`);
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
      key ? h("kbd", { "aria-hidden": "true" }, key) : null,
    ),
  );
  return h("div", { class: "row", role: "group", "aria-label": "Set all faders" }, ...buttons);
}

/** @param {(count: number) => void} zoomTo */
function zoomButtons(zoomTo) {
  const group = h("div", { class: "segments", role: "group", "aria-label": "Faders in view" });
  for (const count of ZOOMS) {
    const button = h("button", { type: "button", "aria-pressed": count === 0 }, count || "All");
    button.addEventListener("click", () => {
      for (const other of group.children)
        other.setAttribute("aria-pressed", String(other === button));
      zoomTo(count);
    });
    group.append(button);
  }
  return group;
}

/** The fader last touched, and how far the vector is from zero. */
function readout() {
  const fader = h("span", { class: "figure", title: "The fader last touched" });
  const length = h("span", {
    class: "figure",
    title: "Length of the vector, of the length of a typical random one",
  });
  const tell = (/** @type {number} */ cursor, /** @type {Float32Array} */ vector) => {
    const value = vector[cursor];
    fader.textContent = `z[${cursor}] ${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(2)}`;
    length.textContent = `|z| ${norm(vector).toFixed(1)} of ${Math.sqrt(vector.length).toFixed(1)}`;
  };
  return { element: h("div", { class: "readout" }, fader, length), tell };
}
