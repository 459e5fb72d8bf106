/** The model's knobs, made from its declaration, with seed, files, waking and sleeping. */

import { isLive, knobs, title, vectorInput } from "../declaration.js";
import { h } from "../dom.js";
import { build, grouped, place } from "../groups.js";
import { makeBackendSwitch } from "../backend.js";
import { makePower } from "../power.js";
import { giveFirst, makeWidget } from "../widgets/index.js";

/** @import { Declaration, Field, NumberField, Panel, Studio, Widget } from "../types.d.ts" */

/** @type {NumberField} */
const SEED = { name: "seed", type: "number", whole: true, min: 0, max: 2 ** 32 - 1, default: null };
const LARGEST_DRAWN_SEED = 9999;

export default /** @type {Panel} */ ({
  title: "Controls",
  place: "side",
  shown: isLive,
  order: 50,
  mount,
});

/** @param {HTMLElement} root @param {Studio} studio */
function mount(root, studio) {
  const { store, session } = studio;
  const form = h("form", {
    class: "form",
    onsubmit: (/** @type {Event} */ event) => event.preventDefault(),
  });
  const seed = seedLine(studio);
  /** @type {Map<string, Widget>} */
  let widgets = new Map();
  /** @type {Map<string, import("../groups.js").Built>} */
  let built = new Map();
  const power = h("div", {}, makeBackendSwitch(studio), makePower(studio));
  root.append(form, fileButtons(studio), flashGuard(store));
  studio.files.takePictures((file) => giveFirst(widgets, file));
  store.follow(["declaration"], () => {
    const hasVector = vectorInput(store.get("declaration")) !== null;
    if (isLive(store.get("declaration"))) root.append(power);
    else power.remove();
    const fields = fieldsOf(store.get("declaration"));
    const model = store.get("model");
    const items = grouped(fields, model);
    const change = (/** @type {[string, any][]} */ values) => session.setValues(values);
    const reject = (/** @type {string} */ sentence) => store.set("error", sentence);
    built = new Map(items.map((item) => [item.key, built.get(item.key) ?? build(item, model, change, reject)]));
    widgets = new Map([...built.values()].flatMap(({ widgets }) => widgets));
    // After the values that the server has, which come with the declaration.
    queueMicrotask(() => giveNeeded(studio, fields, widgets));
    const rows = [...built.values()].map(({ row }) => row);
    // What is there already may be in somebody's hand.
    place(form, hasVector ? [seed, ...rows] : rows);
  });
  store.follow(["declaration", "values"], () => {
    for (const [name, widget] of widgets) widget.show(store.get("values")[name]);
  });
  store.follow(["declaration", "movers"], () => {
    for (const [name, { element }] of widgets) showMover(element, store.get("movers")[name]);
  });
  store.follow(["declaration", "modulated"], () => {
    for (const [name, widget] of widgets) widget.mark?.(store.get("modulated")[name] ?? null);
  });
}

/** Say at the name of a control who else moves it. @param {HTMLElement} element @param {string | undefined} who */
function showMover(element, who) {
  const label = /** @type {HTMLElement | null | undefined} */ (element.closest(".line")?.querySelector("label"));
  if (!label) return;
  if (who) label.dataset.mover = who.replace("mapping ", "");
  else delete label.dataset.mover;
}

/** @param {Declaration} declaration */
function fieldsOf(declaration) {
  if (!isLive(declaration)) return [];
  const hasVector = vectorInput(declaration) !== null;
  return knobs(declaration).filter(({ name }) => !(hasVector && name === SEED.name));
}

/**
 * An input without a default begins with what its widget shows.
 * @param {Studio} studio
 * @param {Field[]} fields
 * @param {Map<string, Widget>} widgets
 */
function giveNeeded({ store, session }, fields, widgets) {
  for (const { name, default: fallback, optional } of fields) {
    const initial = widgets.get(name)?.initial;
    const isNeeded = (fallback ?? null) === null && !optional && !(name in store.get("values"));
    if (isNeeded && initial !== undefined) session.setValue(name, initial);
  }
}

/** A seed is a way to a vector: setting one goes there. @param {Pick<Studio, "store" | "session">} studio */
function seedLine({ store, session }) {
  const go = (/** @type {number | null} */ seed) => seed !== null && session.goToSeed(seed);
  const widget = makeWidget(SEED, go);
  widget.element.setAttribute("placeholder", "—");
  store.follow(["origin"], () => {
    const origin = store.get("origin");
    widget.show(origin && "seed" in origin ? origin.seed : null);
  });
  const draw = () => go(Math.floor(Math.random() * (LARGEST_DRAWN_SEED + 1)));
  const dice = h(
    "button",
    { type: "button", title: "Go to a seed drawn at random", onclick: draw },
    "Draw one",
  );
  return h(
    "div",
    { class: "line" },
    h("label", { for: `input-${SEED.name}` }, title(SEED.name)),
    h("div", { class: "row" }, widget.element, dice),
  );
}

/** The flash guard is on until somebody who plays alone switches it off. @param {Studio["store"]} store */
function flashGuard(store) {
  const guard = h("input", { type: "checkbox", class: "switch", role: "switch", id: "flash-guard" });
  guard.checked = !store.get("flashes");
  guard.addEventListener("change", () => store.set("flashes", !guard.checked));
  return h(
    "section",
    { class: "block" },
    h("label", { class: "switch-line" }, guard, "Flash guard"),
    h("p", { class: "hint" }, "At most three large changes of brightness a second on this page."),
  );
}

/** @param {Studio} studio */
function fileButtons({ files, store }) {
  const button = (
    /** @type {string} */ id,
    /** @type {string} */ text,
    /** @type {string} */ hint,
    /** @type {() => void} */ act,
  ) => h("button", { type: "button", id, title: hint, onclick: act }, text);
  const vectorOnly = [
    button(
      "export-vector",
      "Export vector",
      "The vector and the controls as JSON",
      files.exportVector,
    ),
    button(
      "import-vector",
      "Import",
      "A JSON file of numbers, a PNG that Taxiway made, or a model's file",
      files.chooseFile,
    ),
  ];
  const group = h(
    "div",
    { class: "row", role: "group", "aria-label": "Files" },
    button(
      "download-picture",
      "Download PNG",
      "The picture in full quality, with its vector inside",
      files.downloadPicture,
    ),
    ...vectorOnly,
  );
  store.follow(["declaration"], () => {
    const hasVector = vectorInput(store.get("declaration")) !== null;
    for (const element of vectorOnly) element.hidden = !hasVector;
  });
  return h(
    "section",
    { class: "block" },
    h("h3", {}, "Keep"),
    group,
    h(
      "p",
      { class: "hint" },
      "Drop a JSON file or one of these pictures anywhere to get back to it; a model's file starts it.",
    ),
  );
}
