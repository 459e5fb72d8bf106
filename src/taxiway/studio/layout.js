/** Which panels stand side by side and which are tabs, by the size of the window. */

import { isLive } from "./declaration.js";
import { h } from "./dom.js";
import { PANELS } from "./panels/index.js";

/** @typedef {import("./panels/index.js").Panel} Panel */
/** @typedef {import("./panels/index.js").Studio} Studio */

const LAYOUTS = [
  {
    name: "low",
    query: "(max-height: 559px) and (min-width: 600px)",
    tabbed: ["deck", "field", "side"],
  },
  { name: "wide", query: "(min-width: 1100px)", tabbed: ["side"] },
  { name: "medium", query: "(min-width: 720px)", tabbed: ["field", "side"] },
  { name: "narrow", query: "all", tabbed: ["deck", "field", "side"] },
];

/** @typedef {{ panel: Panel, tab: HTMLElement, element: HTMLElement }} Piece */

/** @param {HTMLElement} main @param {Studio} studio */
export function layOut(main, studio) {
  let chosen = "";
  const pieces = PANELS.map((panel) => pieceOf(panel, studio));
  const arrange = () => arrangePieces(main, pieces, studio.store.get("declaration"), chosen);
  const open = (/** @type {string} */ id) => {
    chosen = id;
    arrange();
  };
  for (const { panel, tab } of pieces) tab.addEventListener("click", () => open(panel.id));
  const tabs = h(
    "div",
    { class: "tabs", role: "tablist", "aria-label": "Panels" },
    ...pieces.map(({ tab }) => tab),
  );
  tabs.addEventListener("keydown", (event) => stepTabs(tabs, event));
  main.append(...pieces.map(({ element }) => element), tabs);
  addEventListener("resize", arrange);
  studio.store.follow(["declaration"], arrange);
  return { open };
}

/** @param {Panel} panel @param {Studio} studio @returns {Piece} */
function pieceOf(panel, studio) {
  const { id, title, place } = panel;
  const tab = h(
    "button",
    { type: "button", role: "tab", id: `tab-${id}`, "aria-controls": `panel-${id}` },
    title,
  );
  const element = h("section", {
    class: `panel panel-${id} place-${place}`,
    id: `panel-${id}`,
    "aria-label": title,
  });
  panel.mount(element, studio);
  return { panel, tab, element };
}

/**
 * Show what the layout of this window and the model's declaration call for.
 * @param {HTMLElement} main
 * @param {Piece[]} pieces
 * @param {import("./store.js").Declaration} declaration
 * @param {string} chosen id of the panel whose tab was last chosen
 */
function arrangePieces(main, pieces, declaration, chosen) {
  const layout = LAYOUTS.find(({ query }) => matchMedia(query).matches) ?? LAYOUTS[0];
  const shown = pieces.filter(({ panel }) => panel.shown?.(declaration) ?? true);
  const tabbed = shown.filter(({ panel }) => layout.tabbed.includes(panel.place));
  const current = tabbed.find(({ panel }) => panel.id === chosen) ?? tabbed[0];
  main.dataset.layout = layout.name;
  main.dataset.kind = isLive(declaration) ? "live" : "form";
  main.dataset.deck = String(shown.some(({ panel }) => panel.place === "deck"));
  for (const piece of pieces) {
    const isTab = tabbed.includes(piece);
    piece.tab.hidden = !isTab;
    piece.tab.setAttribute("aria-selected", String(piece === current));
    piece.tab.tabIndex = piece === current ? 0 : -1;
    piece.element.hidden = isTab ? piece !== current : !shown.includes(piece);
    piece.element.setAttribute("role", isTab ? "tabpanel" : "region");
  }
}

/** Arrows go from tab to tab, as tabs do everywhere. @param {HTMLElement} tabs @param {KeyboardEvent} event */
function stepTabs(tabs, event) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  const visible = /** @type {HTMLElement[]} */ ([...tabs.children]).filter(({ hidden }) => !hidden);
  const now = visible.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  const next = visible[(now + step + visible.length) % visible.length];
  next.click();
  next.focus();
  event.preventDefault();
}
