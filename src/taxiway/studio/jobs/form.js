/** The form of a tool, made from its declaration: the widgets of its inputs' types. */

import { title } from "../declaration.js";
import { copyFrom, h, wrongIn } from "../dom.js";
import { makeWidget } from "../widgets/index.js";
import { filesWidget, givenWidget, namedWidget, sentWidget } from "./given.js";
import { t } from "../words.js";

/** @import { Field, Widget } from "../types.d.ts" */
/** @import { Tool } from "./jobs.js" */

/** So many inputs are seen at once, beside those that must be given. */
const SEEN = 6;
/** What of a form can be used by hand, but for the line that mends it. */
const PARTS = "input, select, textarea, button:not(.copy, .install)";
/** A sentence that ends with the line to type, of whichever way Taxiway was installed. */
const LACK = /^(.*?: )(\S.* (?:install|inject|--from) .*)\.$/s;
/** A line that the job Install can stand for. */
const EXTRA = /taxiway'? install (\w+)$/;
/** Whole numbers of a wider range are typed. */
const MOST_STEPS = 64;

/**
 * @typedef {object} ToolForm
 * @property {HTMLFormElement} element
 * @property {(name: string | null) => void} mark points at the input that was refused
 * @property {(file: File) => boolean} take gives a picture to the input for one, if there is one
 */

/**
 * @param {string} name what the ids of its parts begin with
 * @param {Tool} tool
 * @param {Record<string, [string, string][]>} known names to choose from, by input: value and words
 * @param {(inputs: Record<string, any>) => void} begin
 * @param {(sentence: string) => void} reject
 * @param {string} words of the button that begins
 * @param {string} [broken] why it cannot be used
 * @param {Record<string, any>} [given] what some inputs begin with
 * @param {(extra: string) => void} [install] begins the job that brings what is lacking
 * @returns {ToolForm}
 */
export function makeToolForm(name, tool, known, begin, reject, words, broken, given = {}, install) {
  /** @type {Record<string, any>} */
  const values = { ...given };
  const made = tool.inputs.map((field) => lineOf(`${name}-${field.name}`, field, values, known[field.name], reject));
  const lines = made.map(({ line }) => line);
  const must = tool.inputs.map((field, k) => (isNeeded(field) ? k : -1)).filter((k) => k >= 0);
  const first = [...new Set([...must, ...tool.inputs.keys()])];
  const seen = new Set(first.slice(0, Math.max(SEEN, must.length)));
  const rest = lines.filter((_, k) => !seen.has(k));
  const form = /** @type {HTMLFormElement} */ (
    /** @type {unknown} */ (
      h(
        "form",
        { class: "form job-form", autocomplete: "off", novalidate: true, id: `form-of-${name}` },
        h("p", { class: "hint" }, tool.description ?? ""),
        broken || tool.lacks ? lackOf(broken || tool.lacks, install) : null,
        ...lines.filter((_, k) => seen.has(k)),
        rest.length ? h("details", {}, h("summary", {}, t("{n} more", { n: rest.length })), ...rest) : null,
        h("button", { type: "submit", class: "primary job-begin" }, words),
      )
    )
  );
  if (broken) for (const part of form.querySelectorAll(PARTS)) part.setAttribute("disabled", "");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const wrong = wrongIn(form);
    if (wrong) reject(wrong);
    else begin(filled(values));
  });
  const mark = (/** @type {string | null} */ wrong) => {
    for (const line of lines) line.classList.toggle("wrong", line.dataset.input === wrong);
  };
  const takes = broken ? null : made[tool.inputs.findIndex(({ type }) => type === "image")]?.widget.take;
  const take = (/** @type {File} */ file) => {
    takes?.(file);
    return Boolean(takes);
  };
  return { element: form, mark, take };
}

/**
 * Why a tool, or something of it, cannot be used, with the line that mends it, and a button.
 * @param {string} broken a sentence
 * @param {((extra: string) => void) | undefined} install
 */
function lackOf(broken, install) {
  const [, why, line] = LACK.exec(broken) ?? ["", broken, ""];
  const copy = h("button", { type: "button", class: "copy" }, "Copy");
  copy.addEventListener("click", () => copyFrom(copy, line));
  const extra = EXTRA.exec(line)?.[1];
  const bring = h("button", { type: "button", class: "install" }, "Install it");
  bring.addEventListener("click", () => extra && install?.(extra));
  return h(
    "div",
    { class: "trouble job-lack", role: "note" },
    h("p", {}, why),
    line ? h("div", { class: "copy-line" }, h("code", {}, line), copy) : null,
    extra && install ? bring : null,
  );
}

/** What is sent: nothing of what was left alone. @param {Record<string, any>} values */
function filled(values) {
  const isGiven = (/** @type {any} */ value) => value !== null && value !== "";
  return Object.fromEntries(Object.entries(values).filter(([, value]) => isGiven(value)));
}

/** Whether it has no default. @param {Field} field */
function isNeeded(field) {
  return field.optional !== true && (field.default === undefined || field.default === null);
}

/**
 * @param {string} id
 * @param {Field} field
 * @param {Record<string, any>} values
 * @param {[string, string][] | undefined} known
 * @param {(sentence: string) => void} reject
 */
function lineOf(id, field, values, known, reject) {
  /** @type {Widget} */
  let widget;
  const change = (/** @type {any} */ value) => {
    values[field.name] = value;
    widget.show(value);
  };
  widget = widgetOf(id, field, change, known, reject);
  widget.show(values[field.name] ?? null);
  const line = h(
    "div",
    { class: isWide(field, widget) ? "line wide" : "line", "data-input": field.name },
    h("label", { for: id }, title(field.name)),
    widget.element,
    field.description ? h("span", { class: "hint" }, field.description) : null,
  );
  const take = (/** @type {DragEvent} */ event) => {
    const files = [...(event.dataTransfer?.files ?? [])];
    if (!files.length || !widget.take) return;
    event.preventDefault();
    event.stopPropagation();
    widget.take(files[0]);
  };
  line.addEventListener("drop", take);
  return { line, widget };
}

/**
 * @param {string} id
 * @param {Field} field
 * @param {(value: any) => void} change
 * @param {[string, string][] | undefined} known
 * @param {(sentence: string) => void} reject
 * @returns {Widget}
 */
function widgetOf(id, field, change, known, reject) {
  if (known && field.name === "dataset") return sentWidget(field, id, change, known);
  if (known) return namedWidget(field, id, change, known);
  if (field.type === "any") return givenWidget(field, id, change);
  const inner = field.type === "array" ? field.itemType : field;
  if (inner.type === "file") return filesWidget(field, id, change);
  return makeWidget(unbounded(field), change, reject, id);
}

/**
 * A slider is for a number that has a value and a narrow range; any other is typed.
 * @param {Field} field
 * @returns {Field}
 */
function unbounded(field) {
  if (field.type !== "number") return field;
  const { min = -Infinity, max = Infinity, ...open } = field;
  const isNarrow = field.step !== undefined || (field.whole && max - min <= MOST_STEPS);
  return isNarrow && typeof field.default === "number" ? field : open;
}

/** @param {Field} field @param {Widget} widget */
function isWide(field, widget) {
  return Boolean(widget.isWide) || ["text", "any", "file", "array"].includes(field.type);
}
