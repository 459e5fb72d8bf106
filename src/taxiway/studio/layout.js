/** Which panels stand side by side and which are tabs, by the size of the window. */

import { isLive } from "./declaration.js";
import { h, tool } from "./dom.js";
import { keep, kept } from "./keeping.js";
import { NOT_OWNER } from "./owner.js";
import { sentence } from "./slots.js";
import { t } from "./words.js";

/** @import { Declaration, Loaded, Panel, Studio } from "./types.d.ts" */

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

const PLACES = ["stage", "field", "deck", "side"];
const ORDER = 100;

/**
 * @typedef {object} Piece
 * @property {string} name
 * @property {Panel} panel
 * @property {string} place
 * @property {HTMLElement} tab
 * @property {HTMLElement} element
 */

/** @param {HTMLElement} main @param {Studio} studio @param {Loaded<Panel>[]} loaded the panels */
export function layOut(main, studio, loaded) {
  let chosen = kept("panel") ?? "";
  const pieces = loaded
    .map(({ name, member, error }) => pieceOf(name, member ?? failed(name, error), studio))
    .sort((a, b) => (a.panel.order ?? ORDER) - (b.panel.order ?? ORDER));
  const arrange = () => {
    arrangePieces(main, pieces, studio.store.get("declaration"), chosen);
    tabs.setAttribute("aria-orientation", isColumn(main) ? "vertical" : "horizontal");
    tabs.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  };
  const open = (/** @type {string} */ name) => {
    chosen = name;
    keep("panel", name);
    arrange();
  };
  for (const { name, tab } of pieces) tab.addEventListener("click", () => open(name));
  const tabs = h(
    "div",
    { class: "tabs", role: "tablist", "aria-label": "Panels" },
    ...pieces.map(({ tab }) => tab),
  );
  tabs.addEventListener("keydown", (event) => stepTabs(tabs, event));
  main.replaceChildren(...inOrder(pieces, tabs));
  addEventListener("resize", arrange);
  studio.store.follow(["declaration"], arrange);
  const wide = tool("wide", "Give the panel the room of map and mixer", () =>
    widen(main.dataset.room !== "wide"),
  );
  const widen = (/** @type {boolean} */ isWide) => {
    main.dataset.room = isWide ? "wide" : "";
    wide.setAttribute("aria-pressed", String(isWide));
    keep("wide", isWide);
  };
  widen(kept("wide") === true);
  const focus = () => /** @type {HTMLElement | null} */ (tabs.querySelector("[aria-selected=true]"))?.focus();
  return { open, focus, wide };
}

/** As one reads them: the tabs stand before what they open, the deck below all. @param {Piece[]} pieces @param {HTMLElement} tabs */
function inOrder(pieces, tabs) {
  const of = (/** @type {string} */ wanted) =>
    pieces.filter(({ place }) => place === wanted).map(({ element }) => element);
  return [...of("field"), ...of("stage"), tabs, ...of("side"), ...of("deck")];
}

/** @param {string} name @param {Panel} panel @param {Studio} studio @returns {Piece} */
function pieceOf(name, panel, studio) {
  const { title = name } = panel;
  const place = PLACES.find((one) => one === panel.place) ?? "side";
  const tab = h(
    "button",
    { type: "button", role: "tab", id: `tab-${name}`, "aria-controls": `panel-${name}` },
    title,
  );
  const element = h("section", {
    class: `panel panel-${name} place-${place}`,
    id: `panel-${name}`,
    "aria-label": title,
  });
  try {
    if (panel.owner && !studio.connection.owns) {
      element.append(h("p", { class: "hint owner-only" }, NOT_OWNER));
    } else panel.mount(element, studio);
  } catch (problem) {
    failed(name, t("{panel} failed: {why}", { panel: t(title), why: sentence(problem) })).mount(element, studio);
  }
  return { name, panel, place, tab, element };
}

/** What stands in the place of a panel that failed. @param {string} name @param {string} error @returns {Panel} */
function failed(name, error) {
  return {
    title: name,
    mount: (root) => root.replaceChildren(h("p", { class: "trouble", role: "alert" }, error)),
  };
}

/** Whether a panel is wanted by this model; one that cannot say is. @param {Panel} panel @param {Declaration} declaration */
function isShown(panel, declaration) {
  try {
    return panel.shown?.(declaration) ?? true;
  } catch {
    return true;
  }
}

/**
 * Show what the layout of this window and the model's declaration call for.
 * @param {HTMLElement} main
 * @param {Piece[]} pieces
 * @param {Declaration} declaration
 * @param {string} chosen name of the panel whose tab was last chosen
 */
function arrangePieces(main, pieces, declaration, chosen) {
  const layout = LAYOUTS.find(({ query }) => matchMedia(query).matches) ?? LAYOUTS[0];
  const shown = pieces.filter(({ panel }) => isShown(panel, declaration));
  const tabbed = shown.filter(({ place }) => layout.tabbed.includes(place));
  const current = tabbed.find(({ name }) => name === chosen) ?? tabbed[0];
  main.dataset.layout = layout.name;
  main.dataset.kind = isLive(declaration) ? "live" : "form";
  main.dataset.deck = String(shown.some(({ place }) => place === "deck"));
  for (const piece of pieces) {
    const isTab = tabbed.includes(piece);
    piece.tab.hidden = !isTab;
    piece.tab.setAttribute("aria-selected", String(piece === current));
    piece.tab.tabIndex = piece === current ? 0 : -1;
    piece.element.hidden = isTab ? piece !== current : !shown.includes(piece);
    piece.element.setAttribute("role", isTab ? "tabpanel" : "region");
  }
}

/** Whether the tabs stand below each other. @param {HTMLElement} main */
const isColumn = (main) => ["wide", "medium"].includes(main.dataset.layout ?? "");

/** Arrows go from tab to tab, as tabs do everywhere. @param {HTMLElement} tabs @param {KeyboardEvent} event */
function stepTabs(tabs, event) {
  const ahead = document.documentElement.dir === "rtl" ? -1 : 1;
  const step = { ArrowRight: ahead, ArrowLeft: -ahead, ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  const visible = /** @type {HTMLElement[]} */ ([...tabs.children]).filter(({ hidden }) => !hidden);
  const now = visible.indexOf(/** @type {HTMLElement} */ (document.activeElement));
  const next = visible[(now + step + visible.length) % visible.length];
  next.click();
  next.focus();
  event.preventDefault();
}
