/** The latent map: an endless field of pictures where near means alike. */

import { vectorInput } from "../declaration.js";
import { copyFrom, h } from "../dom.js";
import { Explorer } from "../map/explorer.js";
import { isPlace, parsePlace, writePlace } from "../map/place.js";
import { atMostEvery } from "../pace.js";
import { number, t } from "../words.js";

/** @import { Panel, Studio } from "../types.d.ts" */

const SIMILARITY = { min: 0.3, max: 0.99, step: 0.01, value: 0.8 };
const EXPIRE_MS = 150;
const LARGEST_SEED = 9999;

export default /** @type {Panel} */ ({
  title: "Map",
  place: "field",
  shown: (declaration) => vectorInput(declaration) !== null,
  order: 30,
  mount,
});

/** @param {HTMLElement} root @param {Studio} studio */
function mount(root, { store, session, connection }) {
  const canvas = makeCanvas();
  const explorer = new Explorer(canvas, connection, (place) => session.goToPlace(place));
  explorer.setSimilarity(SIMILARITY.value);
  root.append(
    h("header", { class: "panel-head" }, h("h2", {}, "Latent map"), similaritySlider(explorer)),
    h("div", { class: "map-surface" }, canvas, zoomButtons(explorer)),
    placeLine(explorer, store),
  );
  store.follow(["state"], () => explorer.wake(store.get("state").name === "running"));
  store.addEventListener(
    "values",
    atMostEvery(EXPIRE_MS, () => explorer.expire()),
  );
}

function makeCanvas() {
  return h("canvas", {
    class: "map-canvas",
    tabindex: 0,
    role: "application",
    "aria-roledescription": "map",
    "aria-label":
      "Latent map: arrows step from picture to picture, plus and minus zoom, 0 goes home",
  });
}

/** @param {Explorer} explorer */
function similaritySlider(explorer) {
  const slider = h("input", { type: "range", id: "similarity", ...SIMILARITY });
  const figure = h("span", { class: "figure" }, number(SIMILARITY.value, 2));
  slider.addEventListener("input", () => {
    figure.textContent = number(Number(slider.value), 2);
    explorer.setSimilarity(Number(slider.value));
  });
  const hint = "The expected cosine between the vectors of two neighbours";
  return h(
    "label",
    { class: "slider-line", title: hint },
    h("span", {}, "Neighbour similarity"),
    slider,
    figure,
  );
}

/** @param {Explorer} explorer */
function zoomButtons(explorer) {
  const button = (
    /** @type {string} */ text,
    /** @type {string} */ label,
    /** @type {() => void} */ act,
  ) => h("button", { type: "button", "aria-label": label, title: label, onclick: act }, text);
  return h(
    "div",
    { class: "map-buttons" },
    button("+", "Zoom in", () => explorer.zoomIn()),
    button("−", "Zoom out", () => explorer.zoomOut()),
    button("⌂", "Back to the middle", () => explorer.goHome()),
  );
}

/** @param {Explorer} explorer @param {Studio["store"]} store */
function placeLine(explorer, store) {
  const box = h("input", {
    type: "text",
    id: "place",
    class: "figure",
    placeholder: "seed, x, y",
    spellcheck: "false",
    autocomplete: "off",
  });
  box.addEventListener("change", () => {
    const place = parsePlace(box.value);
    if (place) explorer.goTo(place);
    else store.set("error", t("A place is three numbers, 'seed, x, y', got '{got}'.", { got: box.value }));
  });
  store.follow(["origin"], () => {
    const origin = store.get("origin");
    const place = isPlace(origin) ? origin : null;
    box.value = place ? writePlace(place) : "";
    explorer.select(place);
  });
  const copy = h("button", { type: "button", title: "Copy this place, to share it" }, "Copy");
  copy.addEventListener("click", () => copyFrom(copy, box.value));
  const another = h(
    "button",
    { type: "button", id: "regenerate", title: "Another map, from a new seed" },
    "Regenerate",
  );
  another.addEventListener("click", () =>
    explorer.open(1 + Math.floor(Math.random() * LARGEST_SEED)),
  );
  return h(
    "footer",
    { class: "panel-foot" },
    h("label", { class: "label", for: "place" }, "Place"),
    box,
    copy,
    another,
  );
}
