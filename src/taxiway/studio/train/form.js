/** The form that begins a training. */

import { h } from "../dom.js";

const QUALITIES = [
  ["draft", "Draft: a small network, quicker"],
  ["good", "Good: twice the channels, slower"],
];

/**
 * @param {(wanted: Record<string, any>) => void} begin
 * @param {() => void} cancel
 */
export function makeForm(begin, cancel) {
  const start = select("start", []);
  const datasets = h("datalist", { id: "train-datasets" });
  const dataset = text("dataset", "/home/me/photos.zip", true);
  dataset.setAttribute("list", datasets.id);
  const form = h(
    "form",
    { class: "form train-form", autocomplete: "off" },
    h("h2", {}, "New training"),
    datasets,
    line("Dataset", dataset, [
      "One that was prepared under Jobs, or a file on the computer where Taxiway runs, made by ",
      h("code", {}, "taxiway dataset prepare PHOTOS photos.zip"),
    ]),
    line("Name", text("name", "my-garden", true), ["Small letters and digits: its folder."]),
    line("Start from", start, ["Another model gives good pictures much sooner."]),
    line("Quality", select("quality", QUALITIES)),
    h(
      "label",
      { class: "switch-line", title: "Of a dataset made with --labels" },
      h("input", { type: "checkbox", class: "switch", role: "switch", name: "labels" }),
      "Learn the dataset's classes, one for each folder",
    ),
    line(
      "Thousand pictures to show",
      text("kimg", "40 from a model, 200 from nothing", false),
      [
        "Each picture counts as often as it is shown. It can be stopped before, and go on longer.",
      ],
    ),
    h(
      "details",
      {},
      h("summary", {}, "For the model's card"),
      line("Title", text("title", "My garden", false)),
      line("Licence", text("licence", "CC BY 4.0", false)),
      line("What the pictures show, and whose they are", text("data", "", false)),
    ),
    h(
      "div",
      { class: "row" },
      h("button", { type: "submit", class: "primary", id: "train-begin" }, "Start training"),
      h("button", { type: "button", id: "train-cancel", onclick: cancel }, "Cancel"),
    ),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    begin(wantedOf(form));
  });
  return {
    element: form,
    /** @param {[string, string][]} starts what can be started from: its name, and in words */
    offer(starts) {
      const chosen = start.value;
      start.replaceChildren(...options([...starts, ["", "Nothing: learn it all anew"]]));
      if (chosen || start.dataset.offered) start.value = chosen;
      start.dataset.offered = "yes";
      if (start.selectedIndex < 0) start.selectedIndex = 0;
    },
    /** @param {{ id: string, created: number }[]} made the datasets that jobs have prepared */
    offerDatasets(made) {
      const words = (/** @type {number} */ created) =>
        `prepared ${new Date(1000 * created).toLocaleString()}`;
      datasets.replaceChildren(
        ...made.map(({ id, created }) => h("option", { value: id }, words(created))),
      );
    },
  };
}

/** What the API takes. @param {HTMLFormElement} form */
function wantedOf(form) {
  const { kimg, labels, ...words } = /** @type {Record<string, string>} */ (
    Object.fromEntries(new FormData(form))
  );
  const trimmed = Object.entries(words).map(([name, value]) => [name, value.trim()]);
  return {
    ...Object.fromEntries(trimmed),
    kimg: kimg.trim() ? Number(kimg) : null,
    labels: labels === "on",
  };
}

/** @param {string} label @param {HTMLElement} field @param {(Node | string)[]} [hint] */
function line(label, field, hint = []) {
  return h(
    "div",
    { class: "line wide" },
    h("label", { for: field.id }, label),
    field,
    hint.length ? h("span", { class: "hint" }, ...hint) : null,
  );
}

/** @param {string} name @param {string} example @param {boolean} required */
function text(name, example, required) {
  return h("input", {
    type: "text",
    id: `train-${name}`,
    name,
    required,
    placeholder: example,
    spellcheck: "false",
    autocapitalize: "off",
    inputmode: name === "kimg" ? "decimal" : null,
    pattern: name === "kimg" ? "[0-9]+([.][0-9]+)?" : null,
  });
}

/** @param {string} name @param {string[][]} choices */
function select(name, choices) {
  return h("select", { id: `train-${name}`, name }, ...options(choices));
}

/** @param {string[][]} choices */
const options = (choices) => choices.map(([value, words]) => h("option", { value }, words));
