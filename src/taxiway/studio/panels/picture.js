/** The picture, with the model's state over it and its figures below. */

import { h } from "../dom.js";
import { makeCaption } from "../picture/caption.js";
import { Figures } from "../picture/figures.js";
import { Screen } from "../picture/screen.js";
import { stateSentence, stateWord } from "../status.js";

/** @typedef {import("./index.js").Studio} Studio */

export default /** @type {import("./index.js").Panel} */ ({
  id: "picture",
  title: "Picture",
  place: "stage",
  mount,
});

/** @param {HTMLElement} root @param {Studio} studio */
function mount(root, studio) {
  const canvas = /** @type {HTMLCanvasElement} */ (
    /** @type {unknown} */ (
      h("canvas", {
        class: "picture",
        width: 512,
        height: 512,
        id: "picture-canvas",
        role: "img",
        "aria-label": "The generated picture",
      })
    )
  );
  const figures = new Figures();
  new Screen(canvas, figures, studio);
  root.append(
    h("div", { class: "picture-frame" }, canvas, notice(studio), trouble(studio.store)),
    makeCaption(studio.store, figures),
  );
}

/** Said over the picture when there is none to come, with the way out where there is one. @param {Studio} studio */
function notice({ store, stage }) {
  const word = h("strong");
  const sentence = h("p");
  const button = h("button", {
    type: "button",
    class: "primary",
    onclick: () => stage.askModelTo("start"),
  });
  const element = h("div", { class: "notice" }, word, sentence, button);
  store.follow(["state"], () => {
    const state = store.get("state");
    element.hidden = state.name === "running";
    word.textContent = stateWord(state);
    sentence.textContent = stateSentence(state);
    button.hidden = !["asleep", "failed"].includes(state.name);
    button.textContent = state.name === "failed" ? "Try again" : "Wake";
  });
  return element;
}

/** What went wrong, in a sentence. @param {Studio["store"]} store */
function trouble(store) {
  const element = h("p", { class: "error", role: "alert" });
  store.follow(["error"], () => {
    element.textContent = store.get("error");
    element.hidden = !store.get("error");
  });
  return element;
}
