/** What is said over a picture: the state while the model does not run, and what went wrong. */

import { h } from "../dom.js";
import { stateSentence, stateWord } from "../status.js";
import { t } from "../words.js";

/** @import { Studio } from "../types.d.ts" */

/** Said over the picture when there is none to come, with the way out where there is one. @param {Studio} studio */
export function makeNotice({ store, session, connection }) {
  const word = h("strong");
  const sentence = h("p");
  const button = h("button", {
    type: "button",
    class: "primary",
    onclick: () => session.askModelTo("start"),
  });
  const element = h("div", { class: "notice" }, word, sentence, button);
  store.follow(["state"], () => {
    const state = store.get("state");
    element.hidden = state.name === "running";
    word.textContent = stateWord(state);
    sentence.textContent = stateSentence(state);
    button.hidden = !connection.owns || !["asleep", "failed"].includes(state.name);
    button.textContent = state.name === "failed" ? t("Try again") : t("Wake");
  });
  return element;
}

/** What went wrong, in a sentence. @param {Studio["store"]} store */
export function makeTrouble(store) {
  const element = h("p", { class: "error", role: "alert" });
  store.follow(["error"], () => {
    element.textContent = t(store.get("error"));
    element.hidden = !store.get("error");
  });
  return element;
}
