/** One training: its sheets, how far it is, what can be done with it, its curves. */

import { h } from "../dom.js";
import { addressOf } from "../models/desk.js";
import { charts, short } from "./curves.js";
import { Sheets } from "./sheets.js";
import { duration } from "./trainings.js";

/** @typedef {import("./trainings.js").Trainings} Trainings */
/** @typedef {import("./trainings.js").Detail} Detail */

const WORKING = ["starting", "running", "stopping"];

export class View {
  element;
  #trainings;
  #act;
  /** @type {Detail | null} */
  #detail = null;
  #shown = "";
  #sheets;
  #head = h("div", { class: "train-head" });
  #bar = h("progress", { max: 1, value: 0, "aria-label": "How far it is" });
  #stop = this.#button("train-stop", "Stop", "Finish the step, save, and write the model", () =>
    this.#trainings.stop(this.#name),
  );
  #resume = this.#button("train-resume", "Resume", "Go on where it stopped", () => this.#goOn());
  #until = h("input", {
    type: "text",
    id: "train-until",
    inputmode: "decimal",
    "aria-label": "Resume until so many thousand pictures",
  });
  #untilLine = h("label", { class: "train-until" }, "until", this.#until, "thousand");
  #newest = this.#button(
    "train-play",
    "Play this snapshot",
    "Load the newest model, to play it live",
    () => this.#play("model"),
  );
  #best = this.#button(
    "train-best",
    "Play the best",
    "Load the model nearest to your pictures",
    () => this.#play("best"),
  );
  #film = this.#button("train-film", "Save video", "All snapshots as an MP4", () =>
    this.#saveFilm(),
  );
  #place = h("p", { class: "train-place", role: "status", hidden: true });
  #warnings = h("ul", { class: "train-warnings", "aria-label": "Warnings" });
  #charts = h("div", { class: "charts" });
  #facts = h("dl", { class: "facts" });

  /**
   * @param {Trainings} trainings
   * @param {(work: () => Promise<any>) => Promise<void>} act does it, and says what went wrong
   */
  constructor(trainings, act) {
    this.#trainings = trainings;
    this.#act = act;
    this.#sheets = new Sheets(trainings, () => this.#nameSnapshot(), this.#film);
    this.element = h(
      "div",
      { class: "train-view" },
      h("div", { class: "train-seen" }, this.#sheets.element, this.#facts),
      h(
        "div",
        { class: "train-told" },
        this.#head,
        this.#bar,
        h(
          "div",
          { class: "row" },
          this.#stop,
          this.#resume,
          this.#untilLine,
          this.#newest,
          this.#best,
        ),
        this.#place,
        this.#warnings,
        this.#charts,
      ),
    );
  }

  /** What has not changed stays as it is, with what was selected in it. @param {Detail} detail */
  show(detail) {
    const text = JSON.stringify(detail);
    if (text === this.#shown) return;
    this.#shown = text;
    const isOther = detail.name !== this.#name;
    this.#detail = detail;
    if (isOther) this.#place.hidden = true;
    if (isOther) this.#until.value = "";
    this.#sheets.show(detail.name, detail.sheets);
    this.#tell(detail);
    this.#allow(detail);
    this.#warnings.replaceChildren(
      ...[...detail.warnings]
        .reverse()
        .map(({ kimg, text }) => h("li", {}, `${short(kimg)}: ${text}`)),
    );
    this.#charts.replaceChildren(...charts(detail.curves));
    this.#facts.replaceChildren(...facts(detail));
  }

  get #name() {
    return this.#detail?.name ?? "";
  }

  /** How far it is, in words. @param {Detail} detail */
  #tell({ title, state, message, kimg, total, secondsLeft }) {
    const left = secondsLeft && state === "running" ? ` About ${duration(secondsLeft)} left.` : "";
    this.#head.replaceChildren(
      h("h2", { class: "card-title" }, title),
      h(
        "p",
        { class: "train-state", "data-training": state },
        h("span", { class: "lamp" }),
        message + left,
      ),
    );
    this.#bar.value = total ? kimg / total : 0;
  }

  /** @param {Detail} detail */
  #allow({ state, total, models }) {
    const works = WORKING.includes(state);
    this.#stop.hidden = !works;
    this.#stop.disabled = state === "stopping";
    this.#resume.hidden = this.#untilLine.hidden = works || !total;
    this.#until.placeholder = short(state === "done" ? 2 * total : total);
    const names = models.map(({ name }) => name);
    this.#newest.disabled = !names.includes("model");
    this.#best.hidden = !names.includes("best");
    this.#film.disabled = !this.#detail?.sheets.length;
  }

  /** Of older snapshots only the sheet is kept. */
  #nameSnapshot() {
    const words = this.#sheets.isAtEnd ? "Play this snapshot" : "Play the newest snapshot";
    this.#newest.textContent = words;
  }

  #goOn() {
    const isDone = this.#detail?.state === "done";
    const text = this.#until.value.trim() || (isDone ? this.#until.placeholder : "");
    if (text && !(Number(text) > 0))
      throw new Error(`'${text}' is no number of thousand pictures.`);
    return this.#trainings.resume(this.#name, text ? Number(text) : null);
  }

  /** @param {"model" | "best"} snapshot */
  async #play(snapshot) {
    const place = await this.#trainings.play(this.#name, snapshot);
    const address = addressOf(place);
    const link = h("a", { href: address }, new URL(address).host);
    this.#place.replaceChildren(`${place.title} plays at `, link);
    this.#place.hidden = false;
  }

  async #saveFilm() {
    const name = this.#name;
    const link = h("a", { download: `${name}.mp4` });
    link.href = URL.createObjectURL(await this.#trainings.film(name));
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }

  /** @param {string} id @param {string} words @param {string} hint @param {() => any} work */
  #button(id, words, hint, work) {
    const button = h("button", { type: "button", id, title: hint }, words);
    button.addEventListener("click", async () => {
      button.disabled = true;
      await this.#act(async () => work());
      button.disabled = false;
      if (this.#detail) this.#allow(this.#detail);
    });
    return button;
  }
}

/** @param {Detail} detail */
function facts({ dataset, start, resolution, models }) {
  const newest = models.find(({ name }) => name === "model")?.metrics ?? {};
  const best = models.find(({ name }) => name === "best")?.metrics ?? {};
  const rows = [
    ["Dataset", dataset],
    ["Started from", start.split(/[\\/]/).pop() || "nothing"],
    ["Size", `${resolution} pixels`],
    [
      "Newest",
      newest.kimg && `after ${short(newest.kimg)} thousand pictures, KID ${short(newest.kid)}`,
    ],
    ["Best", best.kimg && `after ${short(best.kimg)} thousand pictures, KID ${short(best.kid)}`],
  ];
  return rows
    .filter(([, words]) => words)
    .map(([label, words]) => h("div", {}, h("dt", {}, label), h("dd", {}, words)));
}
