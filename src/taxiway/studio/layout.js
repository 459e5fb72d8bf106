/** Which panels stand side by side and which are tabs, by the width of the window. */

import { h } from "./dom.js";
import { PANELS } from "./panels/index.js";

/** @typedef {import("./panels/index.js").Panel} Panel */
/** @typedef {import("./panels/index.js").Studio} Studio */

const LAYOUTS = [
  { name: "wide", width: 1100, tabbed: ["side"] },
  { name: "medium", width: 720, tabbed: ["field", "side"] },
  { name: "narrow", width: 0, tabbed: ["deck", "field", "side"] },
];

/** @param {HTMLElement} main @param {Studio} studio */
export function layOut(main, studio) {
  const tabs = h("div", { class: "tabs", role: "tablist", "aria-label": "Panels" });
  const pieces = PANELS.map((panel) => {
    const tab = h(
      "button",
      { type: "button", role: "tab", id: `tab-${panel.id}`, "aria-controls": `panel-${panel.id}` },
      panel.title,
    );
    const element = h("section", {
      class: `panel panel-${panel.id} place-${panel.place}`,
      id: `panel-${panel.id}`,
      "aria-label": panel.title,
    });
    tab.addEventListener("click", () => choose(panel.id));
    panel.mount(element, studio);
    return { panel, tab, element };
  });
  let chosen = "";

  const arrange = () => {
    const layout = LAYOUTS.find(({ width }) => innerWidth >= width) ?? LAYOUTS[0];
    const declaration = studio.store.get("declaration");
    const shown = pieces.filter(({ panel }) => panel.shown?.(declaration) ?? true);
    const tabbed = shown.filter(({ panel }) => layout.tabbed.includes(panel.place));
    const current = tabbed.find(({ panel }) => panel.id === chosen) ?? tabbed[0];
    main.dataset.layout = layout.name;
    main.dataset.deck = String(shown.some(({ panel }) => panel.place === "deck"));
    for (const piece of pieces) {
      const isTab = tabbed.includes(piece);
      piece.tab.hidden = !isTab;
      piece.tab.setAttribute("aria-selected", String(piece === current));
      piece.tab.tabIndex = piece === current ? 0 : -1;
      piece.element.hidden = isTab ? piece !== current : !shown.includes(piece);
      piece.element.setAttribute("role", isTab ? "tabpanel" : "region");
    }
  };
  const choose = (/** @type {string} */ id) => {
    chosen = id;
    arrange();
  };

  tabs.append(...pieces.map(({ tab }) => tab));
  tabs.addEventListener("keydown", (event) => stepTabs(tabs, event));
  main.append(...pieces.map(({ element }) => element), tabs);
  addEventListener("resize", arrange);
  studio.store.follow(["declaration"], arrange);
  return { open: choose };
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
