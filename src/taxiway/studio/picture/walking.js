/** Says that a walk moves the picture, by whatever it was begun, and stops it. */

import { h } from "../dom.js";

/** @import { Studio } from "../types.d.ts" */

/** @param {Studio} studio */
export function makeWalking({ store, session }) {
  const stop = h("button", { type: "button", id: "walk-stop", onclick: () => session.stopWalk() }, "Stop the walk");
  const element = h("div", { class: "walking", role: "status" }, h("span", {}, "A walk moves the vector."), stop);
  store.follow(["walk"], () => (element.hidden = !store.get("walk")));
  return element;
}
