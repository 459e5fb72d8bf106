/** The form that begins a training: one for every trainer there is, made from its declaration. */

import { title } from "../declaration.js";
import { h } from "../dom.js";
import { makeToolForm } from "../jobs/form.js";

/** @import { Tool } from "../jobs/jobs.js" */

const USUAL = "train";

/**
 * @param {(tool: string, inputs: Record<string, any>) => void} begin
 * @param {() => void} cancel
 * @param {(sentence: string) => void} reject
 */
export function makeForm(begin, cancel, reject) {
  const trainers = h("div", { class: "job-tools", role: "group", "aria-label": "What is trained" });
  const place = h("div", {}, h("p", { class: "hint" }, "Looks for what can be trained."));
  const stop = h("button", { type: "button", id: "train-cancel", onclick: cancel }, "Cancel");
  const element = h("div", { class: "train-form" }, h("h2", {}, "New training"), trainers, place);
  let chosen = USUAL;
  let shown = "";
  /** @type {{ tool: string, inputs: Record<string, any> } | null} */
  let asked = null;
  return {
    element,
    /** Empty the form, which has begun a training. */
    reset: () => {
      shown = "";
      asked = null;
    },
    /** Begin with these inputs. @param {{ tool: string, inputs: Record<string, any> }} wanted */
    ask(wanted) {
      [asked, chosen, shown] = [wanted, wanted.tool, ""];
    },
    /**
     * Show the form; what was typed into it stays, unless there is something else to offer.
     * @param {Record<string, Tool>} tools of the trainers
     * @param {Record<string, string>} broken why some cannot be used
     * @param {Record<string, [string, string][]>} known names to choose from, by input
     */
    offer(tools, broken, known) {
      const text = JSON.stringify([tools, broken, known]);
      if (text === shown) return;
      shown = text;
      const names = Object.keys(tools).sort();
      const choose = (/** @type {string} */ name) => {
        chosen = name;
        names.forEach((one, k) => buttons[k].setAttribute("aria-pressed", String(one === name)));
        const start = (/** @type {Record<string, any>} */ inputs) => begin(name, inputs);
        const words = "Start training";
        const offered = tools[name].source === "model" ? { ...known, dataset: known.start } : known;
        const form = makeToolForm("train", tools[name], offered, start, reject, words, broken[name], asked?.tool === name ? asked.inputs : {});
        form.element.append(stop);
        place.replaceChildren(form.element);
      };
      const buttons = names.map((name) =>
        h("button", { type: "button", onclick: () => choose(name) }, trainerOf(name)),
      );
      trainers.replaceChildren(...buttons);
      trainers.hidden = names.length < 2;
      if (names.length) choose(names.includes(chosen) ? chosen : names[0]);
    },
  };
}

/** @param {string} tool */
const trainerOf = (tool) => (tool === USUAL ? "StyleGAN" : title(tool.slice(USUAL.length + 1)));
