/** Chaining: outputs of other running models into inputs of this one, where the types match. */

import { title } from "../declaration.js";
import { h } from "../dom.js";
import { t } from "../words.js";

/** @import { Chain, Field, ManagerState } from "../types.d.ts" */

/** Whether an output's value is one that an input takes. @param {Field} output @param {Field} input */
export function fits(output, input) {
  if (input.type === "any") return true;
  if (input.type === "vector") return output.type === "vector" && input.length === output.length;
  return output.type === input.type;
}

/**
 * Every chain that could be made to `target` and is not there yet.
 * @param {ManagerState} state
 * @param {string} target
 * @returns {Chain[]}
 */
export function possibleChains({ running, chains }, target) {
  const inputs = running.find(({ name }) => name === target)?.info?.inputs ?? [];
  const others = running.filter(({ name, info }) => name !== target && info);
  const all = others.flatMap(({ name: source, info }) =>
    (info?.outputs ?? []).flatMap((output) =>
      inputs
        .filter((input) => fits(output, input))
        .map((input) => ({ source, output: output.name, target, input: input.name })),
    ),
  );
  const known = new Set(chains.map(keyOf));
  return all.filter((chain) => !known.has(keyOf(chain)));
}

/** @param {Chain} chain */
const keyOf = ({ source, output, target, input }) => JSON.stringify([source, output, target, input]);

/**
 * @param {ManagerState} state
 * @param {string} target the model of this page
 * @param {{ mayChange: boolean, link: (chain: Chain) => void, unlink: (chain: Chain) => void }} act
 */
export function chainsSection(state, target, act) {
  const titles = new Map(state.running.map((place) => [place.name, place.title]));
  const words = (/** @type {Chain} */ chain) =>
    `${titles.get(chain.source) ?? chain.source}: ${title(chain.output)} → ` +
    `${chain.target === target ? "" : `${titles.get(chain.target) ?? chain.target}: `}${title(chain.input)}`;
  const lines = state.chains.map((chain) => {
    const remove = h(
      "button",
      { type: "button", "aria-label": t("Remove {what}", { what: words(chain) }), onclick: () => act.unlink(chain) },
      "Remove",
    );
    remove.hidden = !act.mayChange;
    return h("li", { class: "menu-line" }, h("span", { translate: "no" }, words(chain)), remove);
  });
  const possible = act.mayChange ? possibleChains(state, target) : [];
  const choice = h(
    "select",
    { id: "chain-choice", "aria-label": "What feeds this model" },
    ...possible.map((chain, k) => h("option", { value: k }, words(chain))),
  );
  const add = h("button", { type: "button", id: "chain-add" }, "Chain");
  add.addEventListener("click", () => act.link(possible[Number(choice.value)]));
  const hint = "Once another model runs whose output this one takes, it can feed it live.";
  return h(
    "section",
    { class: "menu-part" },
    h("h3", {}, "Chains into this model"),
    lines.length ? h("ul", { class: "menu-lines" }, ...lines) : null,
    possible.length
      ? h("div", { class: "menu-line" }, choice, add)
      : lines.length
        ? null
        : h("p", { class: "hint" }, hint),
  );
}
