/** The eight presets as tiles: a press goes there, or stores, names or empties while that is chosen. */

import { h } from "../dom.js";
import { showPicture } from "./pictures.js";
import { t } from "../words.js";

/** @import { Studio } from "../types.d.ts" */

export const NUMBERS = [1, 2, 3, 4, 5, 6, 7, 8];

/** @param {Studio} studio */
export function makeTiles(studio) {
  const { store, session, connection } = studio;
  let doing = "";
  const modes = ["Store", "Name", "Clear"].map((name) => {
    const button = h("button", { type: "button", "aria-pressed": "false", "data-mode": name }, name);
    button.addEventListener("click", () => choose(doing === name ? "" : name));
    return button;
  });
  const choose = (/** @type {string} */ name) => {
    doing = name;
    grid.dataset.doing = name;
    for (const button of modes) button.setAttribute("aria-pressed", String(button.dataset.mode === name));
    hint.textContent = t(HINTS[name]);
    naming.end();
  };
  const press = (/** @type {number} */ number) => {
    const isFull = store.get("presets").presets.some((preset) => preset.number === number);
    if (doing === "Store") session.storePreset(number);
    else if (doing === "Name") return isFull && naming.begin(number);
    else if (doing === "Clear") session.perform("preset/clear", { number }, "");
    else if (isFull) session.goTo({ number });
    choose("");
  };
  const naming = makeNaming(studio, () => choose(""));
  const hint = h("p", { class: "hint", role: "status" });
  const tiles = NUMBERS.map((number) => makeTile(number, () => press(number)));
  const grid = h("div", { class: "presets", role: "group", "aria-label": "Presets" }, ...tiles.map(({ button }) => button));
  choose("");
  store.follow(["presets"], () => {
    const { presets } = store.get("presets");
    for (const { button, image, label, number } of tiles) {
      const preset = presets.find((one) => one.number === number);
      button.classList.toggle("empty", !preset);
      const called = `${t("Preset {n}", { n: number })}${preset?.name ? `: ${preset.name}` : ""}`;
      button.title = preset ? called : t("Preset {n} is empty", { n: number });
      button.setAttribute("aria-label", button.title);
      label.textContent = [number, preset?.name].filter(Boolean).join(" ");
      showPicture(image, connection.token, preset?.picture ?? "");
    }
  });
  return [grid, h("div", { class: "row preset-modes" }, ...modes, hint), naming.element];
}

/** Where a preset gets its name: Enter keeps it, Escape leaves it. @param {Studio} studio @param {() => void} done */
function makeNaming({ store, session }, done) {
  let number = 0;
  const name = h("input", { type: "text", maxlength: 60, class: "preset-name", hidden: true });
  const keep = () => {
    session.perform("preset/name", { number, name: name.value });
    done();
  };
  name.addEventListener("keydown", (event) => {
    if (event.key === "Enter") keep();
    if (event.key !== "Escape") return;
    event.stopPropagation();
    done();
  });
  const begin = (/** @type {number} */ wanted) => {
    number = wanted;
    name.value = store.get("presets").presets.find((preset) => preset.number === number)?.name ?? "";
    name.hidden = false;
    name.placeholder = t("Name of preset {n}, then Enter", { n: number });
    name.setAttribute("aria-label", t("Name of preset {n}", { n: number }));
    name.select();
    name.focus();
  };
  return { element: name, begin, end: () => (name.hidden = true) };
}

const HINTS = /** @type {Record<string, string>} */ ({
  "": matchMedia("(pointer: coarse)").matches ? "Press a tile to go there." : "Keys 1 to 8; with Shift they store.",
  Store: "Press the tile that keeps what is seen.",
  Name: "Press the tile to name.",
  Clear: "Press the tile to empty.",
});

/** @param {number} number @param {() => void} act */
function makeTile(number, act) {
  const image = h("img", { alt: "", draggable: "false" });
  const label = h("span", {}, number);
  const button = h("button", { type: "button", class: "preset", onclick: act }, image, label);
  return { number, image, label, button };
}
