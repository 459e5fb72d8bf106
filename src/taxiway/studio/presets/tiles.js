/** The eight presets as tiles: a press goes there, or stores or empties while that is chosen. */

import { h } from "../dom.js";
import { showPicture } from "./pictures.js";

/** @import { Studio } from "../types.d.ts" */

export const NUMBERS = [1, 2, 3, 4, 5, 6, 7, 8];

/** @param {Studio} studio */
export function makeTiles({ store, session, connection }) {
  let doing = "";
  const modes = ["Store", "Clear"].map((name) => {
    const button = h("button", { type: "button", "aria-pressed": "false" }, name);
    button.addEventListener("click", () => choose(doing === name ? "" : name));
    return button;
  });
  const choose = (/** @type {string} */ name) => {
    doing = name;
    grid.dataset.doing = name;
    for (const button of modes) button.setAttribute("aria-pressed", String(button.textContent === name));
    hint.textContent = HINTS[name];
  };
  const press = (/** @type {number} */ number) => {
    const isFull = store.get("presets").presets.some((preset) => preset.number === number);
    if (doing === "Store") session.storePreset(number);
    else if (doing === "Clear") session.perform("preset/clear", { number });
    else if (isFull) session.goTo({ number });
    choose("");
  };
  const hint = h("p", { class: "hint", role: "status" });
  const tiles = NUMBERS.map((number) => makeTile(number, () => press(number)));
  const grid = h("div", { class: "presets", role: "group", "aria-label": "Presets" }, ...tiles.map(({ button }) => button));
  choose("");
  store.follow(["presets"], () => {
    const { presets } = store.get("presets");
    for (const { button, image, number } of tiles) {
      const preset = presets.find((one) => one.number === number);
      button.classList.toggle("empty", !preset);
      button.title = preset ? `Preset ${number}${preset.name && `: ${preset.name}`}` : `Preset ${number} is empty`;
      button.setAttribute("aria-label", button.title);
      showPicture(image, connection.token, preset?.picture ?? "");
    }
  });
  return [grid, h("div", { class: "row preset-modes" }, ...modes, hint)];
}

const HINTS = /** @type {Record<string, string>} */ ({
  "": "Keys 1 to 8; with Shift they store.",
  Store: "Press the tile that keeps what is seen.",
  Clear: "Press the tile to empty.",
});

/** @param {number} number @param {() => void} act */
function makeTile(number, act) {
  const image = h("img", { alt: "", draggable: "false" });
  const button = h("button", { type: "button", class: "preset", onclick: act }, image, h("span", {}, number));
  return { number, image, button };
}
