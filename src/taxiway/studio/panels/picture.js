/** The picture: always the newest one, never an older one over a newer one. */

import { h } from "../dom.js";
import { encodeAcknowledge } from "../frames.js";
import { Figures } from "../figures.js";
import { stateSentence, stateWord } from "../status.js";

/** @typedef {import("./index.js").Studio} Studio */
/** @typedef {import("../frames.js").Frame} Frame */

const FIGURES_EVERY_MS = 250;

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
    h("div", { class: "picture-frame" }, canvas, notice(studio)),
    caption(studio, figures),
  );
}

/** Draws frames, newest wins, and gives their credits back. */
class Screen {
  #context;
  #canvas;
  #figures;
  #studio;
  /** Numbers of the frame shown and of our newest change in it; both begin anew with a socket. */
  #shown = { frame: 0, inputSeq: 0 };
  /** The newest frame that came while nobody could see it. @type {Frame | null} */
  #unseen = null;

  /** @param {HTMLCanvasElement} canvas @param {Figures} figures @param {Studio} studio */
  constructor(canvas, figures, studio) {
    this.#canvas = canvas;
    this.#figures = figures;
    this.#studio = studio;
    this.#context = /** @type {CanvasRenderingContext2D} */ (
      canvas.getContext("2d", { alpha: false })
    );
    const { connection } = studio;
    connection.addEventListener("close", () => (this.#shown = { frame: 0, inputSeq: 0 }));
    connection.addEventListener("frame", (event) => {
      const frame = /** @type {CustomEvent} */ (event).detail;
      if (frame.kind === "frame") this.#receive(frame);
    });
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && this.#unseen) this.#show(this.#unseen);
    });
  }

  /** @param {Frame} frame */
  async #receive(frame) {
    if (document.hidden) this.#unseen = frame;
    else await this.#show(frame);
    const acknowledgement = encodeAcknowledge(frame.number, performance.now());
    this.#studio.connection.sendBinary(acknowledgement);
  }

  /** @param {Frame} frame */
  async #show(frame) {
    const shown = this.#shown;
    this.#unseen = null;
    if (frame.number <= shown.frame) return;
    const blob = new Blob([frame.payload], { type: frame.mime ?? "" });
    const bitmap = await createImageBitmap(blob).catch(() => null);
    // While it was decoded a newer one may have been drawn, or the socket may have closed.
    if (bitmap && shown === this.#shown && frame.number > shown.frame) this.#draw(frame, bitmap);
    bitmap?.close();
  }

  /** @param {Frame} frame @param {ImageBitmap} bitmap */
  #draw(frame, bitmap) {
    const { width, height } = bitmap;
    if (this.#canvas.width !== width || this.#canvas.height !== height) {
      Object.assign(this.#canvas, { width, height });
    }
    this.#context.drawImage(bitmap, 0, 0);
    const now = performance.now();
    const isOurs = frame.inputSeq > this.#shown.inputSeq;
    const age = isOurs ? now - frame.time : null;
    this.#figures.count(now, age);
    this.#shown.frame = frame.number;
    if (isOurs) this.#shown.inputSeq = frame.inputSeq;
    this.#studio.store.set("picture", { width, height, renderMs: frame.renderMs, age });
  }
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

/** @param {Studio} studio @param {Figures} figures */
function caption({ store }, figures) {
  const part = (
    /** @type {string} */ id,
    /** @type {string} */ label,
    /** @type {string} */ hint,
  ) => {
    const value = h("b", { id }, "–");
    return { value, element: h("span", { title: hint }, value, ` ${label}`) };
  };
  const size = part("figure-size", "px", "Size of the picture");
  const render = part(
    "figure-render",
    "ms in the model",
    "How long the model took for this picture",
  );
  const rate = part("figure-fps", "", "Pictures shown in the last second");
  const age = part(
    "figure-age",
    "ms old",
    "From your hand's move to the picture, median of the last 60",
  );
  setInterval(() => {
    const picture = store.get("picture");
    if (!picture) return;
    const fps = figures.rate(performance.now());
    size.value.textContent = `${picture.width} × ${picture.height}`;
    render.value.textContent = picture.renderMs.toFixed(picture.renderMs < 10 ? 1 : 0);
    rate.value.textContent = fps ? `${fps} fps` : "At rest";
    age.value.textContent = figures.age === null ? "–" : figures.age.toFixed(0);
  }, FIGURES_EVERY_MS);
  const error = h("p", { class: "error", role: "alert" });
  store.follow(["error"], () => {
    error.textContent = store.get("error");
    error.hidden = !store.get("error");
  });
  return h(
    "div",
    { class: "caption" },
    h("div", { class: "figures" }, rate.element, age.element, render.element, size.element),
    error,
  );
}
