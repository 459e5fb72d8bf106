/** The form of a model that is not played live: a widget for every input, Run, and auto. */

import { isLive, isPicture, knobs, title } from "../declaration.js";
import { h, wrongIn } from "../dom.js";
import { keptForm } from "../keeping.js";
import { followChains } from "../models/fed.js";
import { makePower } from "../power.js";
import { giveFirst, makeWidget } from "../widgets/index.js";
import { number, t } from "../words.js";

/** @import { Field, Panel, Studio, Widget } from "../types.d.ts" */

export default /** @type {Panel} */ ({
  title: "Inputs",
  place: "field",
  shown: (declaration) => !isLive(declaration),
  order: 40,
  mount,
});

/** @param {HTMLElement} root @param {Studio} studio */
function mount(root, studio) {
  const { store, asker } = studio;
  const form = h("form", { class: "form inputs-form", id: "inputs-form", novalidate: true });
  asker.wrong = () => wrongIn(form);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    asker.ask();
  });
  /** @type {Map<string, Widget>} */
  let widgets = new Map();
  const power = makePower(studio);
  const scroll = h("div", { class: "inputs-scroll" }, form);
  root.append(scroll, runLine(studio));
  store.follow(["declaration"], () => {
    const fields = isLive(store.get("declaration")) ? [] : knobs(store.get("declaration"));
    widgets = new Map(fields.map((field) => [field.name, widgetOf(field, studio)]));
    scroll.replaceChildren(form, ...(fields.length ? [power] : []));
    store.set("form", { ...initialValues(widgets), ...keptOf(fields, store) });
    form.replaceChildren(
      ...fields.map((field) => block(field, /** @type {any} */ (widgets.get(field.name)))),
    );
  });
  store.follow(["declaration", "form"], () => showForm(store, widgets));
  followChains(studio, (fed) => showFed(form, fed));
  store.addEventListener("asked", () => mark(form, store.get("asked").wrong));
  takeFiles(root, studio.files, () => widgets);
}

/** @param {Field} field @param {Studio} studio */
function widgetOf(field, { asker, store }) {
  return makeWidget(
    field,
    (value) => asker.set(field.name, value),
    (error) => store.set("error", error),
  );
}

/** What was in the form before the page was loaded anew. @param {Field[]} fields @param {Studio["store"]} store */
function keptOf(fields, store) {
  const form = keptForm(store.get("model")?.name ?? "");
  return Object.fromEntries(fields.flatMap(({ name }) => (name in form ? [[name, form[name]]] : [])));
}

/** What is sent of inputs that nobody touched. @param {Map<string, Widget>} widgets */
function initialValues(widgets) {
  const initial = [...widgets].filter(([, widget]) => widget.initial !== undefined);
  return Object.fromEntries(initial.map(([name, widget]) => [name, widget.initial]));
}

/** @param {Studio["store"]} store @param {Map<string, Widget>} widgets */
function showForm(store, widgets) {
  const form = store.get("form");
  const picture = store.get("declaration").inputs.find((field) => isPicture(field));
  for (const [name, widget] of widgets) {
    widget.show(form[name]);
    if (picture) widget.over?.(form[picture.name] ?? null);
  }
}

/** @param {Field} field @param {Widget} widget */
function block(field, { element, isWide }) {
  return h(
    "div",
    { class: isWide ? "line wide" : "line", "data-input": field.name, title: field.description },
    h("label", { for: `input-${field.name}` }, title(field.name)),
    element,
  );
}

/** Say which inputs are fed by other models. @param {HTMLElement} form @param {Record<string, string>} fed */
function showFed(form, fed) {
  for (const line of /** @type {NodeListOf<HTMLElement>} */ (form.querySelectorAll("[data-input]"))) {
    line.querySelector(".fed")?.remove();
    const words = fed[line.dataset.input ?? ""];
    if (words) line.append(h("span", { class: "fed" }, words));
  }
}

/** Point at the input that was refused. @param {HTMLElement} form @param {string | null} wrong */
function mark(form, wrong) {
  for (const line of form.querySelectorAll("[data-input]")) {
    line.classList.toggle("wrong", /** @type {HTMLElement} */ (line).dataset.input === wrong);
  }
}

/** @param {Studio} studio */
function runLine({ store, asker }) {
  const run = h("button", { type: "submit", form: "inputs-form", class: "primary", id: "run" });
  const auto = h("input", { type: "checkbox", class: "switch", role: "switch", id: "auto" });
  auto.addEventListener("change", () => {
    asker.auto = auto.checked;
    if (asker.auto) asker.ask();
  });
  const figure = h("span", { class: "hint figure", id: "asked" });
  store.follow(["asked"], () => {
    const { working, ms } = store.get("asked");
    run.textContent = t("Run");
    run.classList.toggle("working", working);
    figure.textContent = ms === null ? "" : `${number(ms, 0)} ms`;
  });
  const hint = "Ask again whenever an input changes; the newest wins";
  const autoLine = h("label", { class: "switch-line", title: hint }, auto, "Auto");
  return h("div", { class: "run-line" }, run, autoLine, figure);
}

/**
 * What is dropped on a widget is for it; other pictures go to the first widget that takes them.
 * @param {HTMLElement} root
 * @param {Studio["files"]} files
 * @param {() => Map<string, Widget>} widgets
 */
function takeFiles(root, files, widgets) {
  root.addEventListener("drop", (event) => {
    const file = event.dataTransfer?.files[0];
    const target = event.target instanceof Element ? event.target.closest("[data-input]") : null;
    const widget = widgets().get(/** @type {any} */ (target)?.dataset.input);
    if (!file || !widget?.take) return;
    event.preventDefault();
    event.stopPropagation();
    widget.take(file);
  });
  files.takePictures((file) => giveFirst(widgets(), file));
}
