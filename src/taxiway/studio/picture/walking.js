/** Says what goes on with the picture, by whomever it was begun, and ends it. */

import { h } from "../dom.js";

/** @import { Studio } from "../types.d.ts" */

/** @param {Studio} studio */
export function makeWalking({ store, session }) {
  const stop = h("button", { type: "button", id: "walk-stop", onclick: () => session.stopWalk() }, "Stop the walk");
  const element = h("div", { class: "walking", role: "status" }, h("span", {}, "A walk moves the vector."), stop);
  store.follow(["walk"], () => (element.hidden = !store.get("walk")));
  return element;
}

/** That the outputs are black while this page shows the picture. @param {Studio} studio */
export function makeDarkness({ store, session }) {
  const end = h("button", { type: "button", id: "blackout-end", onclick: () => session.blackOut(false) }, "Show them");
  const element = h("div", { class: "walking", role: "status" }, h("span", {}, "The outputs are black."), end);
  store.follow(["blackout"], () => {
    element.hidden = !store.get("blackout");
    document.body.classList.toggle("blackout", !element.hidden);
  });
  return element;
}
