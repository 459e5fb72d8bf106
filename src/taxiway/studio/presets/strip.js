/** Settled pictures in a row, the newest first; a press goes back to all that made it. */

import { h } from "../dom.js";
import { keepOnly, showPicture } from "./pictures.js";

/** @import { Studio } from "../types.d.ts" */

/** @param {Studio} studio */
export function makeStrip({ store, session, connection }) {
  const strip = h("div", { class: "history-strip", role: "group", "aria-label": "History", tabindex: "-1" });
  /** @type {Map<string, HTMLButtonElement>} */
  const shown = new Map();
  const none = h("p", { class: "hint" }, "Pictures at rest come here, with all that made them.");
  store.follow(["presets"], () => {
    const { presets, history, timeline } = store.get("presets");
    none.hidden = history.length > 0;
    for (const [name, button] of shown) {
      if (history.includes(name)) continue;
      button.remove();
      shown.delete(name);
    }
    for (const name of history) {
      if (shown.has(name)) continue;
      const image = h("img", { alt: "", draggable: "false" });
      const back = () => session.goTo({ picture: name });
      const button = h("button", { type: "button", class: "past", "aria-label": "Back to this picture", onclick: back }, image);
      showPicture(image, connection.token, name);
      shown.set(name, button);
      strip.prepend(button);
    }
    keepOnly(new Set([...history, ...[...presets, ...timeline.keys].map(({ picture }) => picture)]));
  });
  return [strip, none];
}
