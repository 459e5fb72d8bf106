/** The bar at the top: the sign, the model, its state, and what is always at hand. */

import { isLive, vectorInput } from "./declaration.js";
import { h, tool } from "./dom.js";
import { languageChoice } from "./language.js";
import { toggleWalk } from "./movement/walk.js";
import { makeMenu } from "./models/menu.js";
import { statusLamp } from "./status.js";

/** @import { Studio } from "./types.d.ts" */

/**
 * @param {Studio} studio
 * @param {{ fullScreen: () => void, output: () => void, blackOut: () => void, help: () => void }} reach
 * @param {HTMLElement} wide the button that widens a panel
 */
export function makeHeader({ store, session, connection, actions, files }, reach, wide) {
  const undo = tool("undo", "Undo", () => actions.undo());
  const redo = tool("redo", "Redo", () => actions.redo());
  const enable = () => {
    undo.disabled = !session.history.canUndo;
    redo.disabled = !session.history.canRedo;
  };
  const dark = tool("dark", "Blackout: every output black", reach.blackOut);
  store.follow(["blackout"], () => dark.setAttribute("aria-pressed", String(store.get("blackout"))));
  const save = tool("save", "Download PNG", files.downloadPicture);
  store.follow(["declaration"], () => {
    for (const element of [undo, redo, save]) element.hidden = !isLive(store.get("declaration"));
  });
  session.history.addEventListener("change", enable);
  enable();
  const play = tool("play", "Play: begin a walk, or end it", () => toggleWalk({ store, session }));
  store.follow(["walk", "declaration"], () => {
    play.setAttribute("aria-pressed", String(store.get("walk")));
    play.hidden = vectorInput(store.get("declaration")) === null;
  });
  return h(
    "header",
    { class: "bar" },
    h("h1", { class: "sign" }, "Taxiway"),
    statusLamp(store),
    makeMenu({ store, connection, files }),
    h(
      "div",
      { class: "tools", role: "toolbar", "aria-label": "Tools" },
      play,
      undo,
      redo,
      save,
      wide,
      tool("window", "Window of the picture alone", reach.output),
      dark,
      tool("full", "Full screen", reach.fullScreen),
      tool("keys", "Keys", reach.help),
      languageChoice(),
    ),
  );
}
