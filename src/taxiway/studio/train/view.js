/** One training: its sheets, how far it is, what can be done with it, its curves. */

import { h } from "../dom.js";
import { charts, short } from "./curves.js";
import { Sheets } from "./sheets.js";
import { duration } from "../durations.js";
import { WORKING, far } from "./trainings.js";
import { t } from "../words.js";

/** @typedef {import("./trainings.js").Trainings} Trainings */
/** @typedef {import("./trainings.js").Detail} Detail */
/** @typedef {import("./trainings.js").Snapshot} Snapshot */


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
    "aria-label": "Resume until so many thousand",
  });
  #untilLine = h("label", { class: "train-until" }, "until", this.#until, "thousand");
  #delete = this.#button("train-delete", "Delete", "It, its pictures and its models", () =>
    this.#remove(),
  );
  #nearest = this.#button("train-play", "Play this snapshot", "", () =>
    this.#play(nearest(this.#detail, this.#sheets.kimg)?.name ?? "model"),
  );
  #best = this.#button(
    "train-best",
    "Play the best",
    "Load the model of the best figures",
    () => this.#play("best"),
  );
  #film = this.#button("train-film", "Save video", "All snapshots as an MP4", () =>
    this.#saveFilm(),
  );
  #warnings = h("ul", { class: "train-warnings", "aria-label": "Warnings" });
  #charts = h("div", { class: "charts" });
  #facts = h("dl", { class: "facts" });

  /**
   * @param {Trainings} trainings
   * @param {import("./played.js").Played} played
   * @param {(work: () => Promise<any>) => Promise<void>} act does it, and says what went wrong
   */
  constructor(trainings, played, act) {
    this.#trainings = trainings;
    this.#act = act;
    this.#sheets = new Sheets(trainings, () => this.#nameSnapshot());
    this.#sheets.element.append(
      h("div", { class: "row" }, this.#nearest, this.#best),
      played.element,
      h("div", { class: "row" }, this.#sheets.real, this.#film),
    );
    this.element = h(
      "div",
      { class: "train-view" },
      h("div", { class: "train-seen" }, this.#sheets.element, this.#facts),
      h(
        "div",
        { class: "train-told" },
        this.#head,
        this.#bar,
        h("div", { class: "row" }, this.#stop, this.#resume, this.#untilLine, this.#delete),
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
    if (isOther) this.#until.value = "";
    this.#sheets.show(detail.name, detail.sheets);
    // One that ended before its first snapshot has nothing to look at.
    this.#sheets.element.hidden = !detail.sheets.length && !WORKING.includes(detail.state);
    this.#nameSnapshot();
    this.#describe(detail);
    this.#allow(detail);
    this.#warnings.replaceChildren(
      ...[...detail.warnings]
        .reverse()
        .map(({ kimg, text }) => h("li", {}, `${short(kimg)}: ${text}`)),
    );
    this.#charts.replaceChildren(...charts(detail.curves, detail.unit));
    this.#facts.replaceChildren(...facts(detail));
  }

  get #name() {
    return this.#detail?.name ?? "";
  }

  /** How far it is, in words. @param {Detail} detail */
  #describe({ title, state, message, kimg, total, secondsLeft }) {
    const left = secondsLeft && state === "running" ? ` ${t("About {time} left.", { time: duration(secondsLeft) })}` : "";
    this.#head.replaceChildren(
      h("h2", { class: "card-title" }, title),
      h(
        "p",
        { class: "train-state", "data-training": state },
        h("span", { class: "lamp" }),
        t(message) + left,
      ),
    );
    this.#bar.value = total ? kimg / total : 0;
  }

  /** @param {Detail} detail */
  #allow({ state, total, models }) {
    const works = WORKING.includes(state);
    this.#stop.hidden = !works;
    this.#stop.disabled = state === "stopping";
    this.#resume.hidden = works;
    this.#resume.textContent = t(total ? "Resume" : "Begin again");
    this.#resume.title = total ? t("Go on where it stopped") : "";
    this.#untilLine.hidden = works || !total;
    this.#delete.hidden = works;
    this.#until.placeholder = short(state === "done" ? 2 * total : total);
    const names = models.map(({ name }) => name);
    this.#nearest.disabled = !nearest(this.#detail, 0);
    this.#best.hidden = !names.includes("best");
    this.#film.disabled = !this.#detail?.sheets.length;
    this.#film.hidden = this.#sheets.real.hidden = this.#sheets.areWords;
  }

  /** Of some snapshots only the sheet is kept. */
  #nameSnapshot() {
    const found = nearest(this.#detail, this.#sheets.kimg);
    if (!found) return void (this.#nearest.textContent = t("Play this snapshot"));
    this.#nearest.textContent = t("Play {what}", { what: far(found.kimg) });
    this.#nearest.title =
      far(found.kimg) === far(this.#sheets.kimg)
        ? t("Load the model that made these pictures, to play it live")
        : t("Load the nearest to these pictures of the models that are kept, to play it live");
  }

  #goOn() {
    const isDone = this.#detail?.state === "done";
    const text = this.#until.value.trim() || (isDone ? this.#until.placeholder : "");
    if (text && !(Number(text) > 0))
      throw new Error(t("'{text}' is no number of thousands.", { text }));
    return this.#trainings.resume(this.#name, text ? Number(text) : null);
  }

  /** Asks first, unless nothing was made. */
  async #remove() {
    const asks = t("Delete '{name}' and every file it made? They cannot be brought back.", { name: this.#name });
    const hasMade = this.#detail?.sheets.length || this.#detail?.models.length;
    if (!hasMade || confirm(asks)) await this.#trainings.remove(this.#name);
  }

  /** @param {string} snapshot */
  #play(snapshot) {
    return this.#trainings.play(this.#name, snapshot);
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

/**
 * The model to play that is nearest to a sheet: a kept one, or the newest.
 * @param {Detail | null} detail
 * @param {number} kimg
 */
function nearest(detail, kimg) {
  const newest = detail?.models.filter(({ name }) => name === "model") ?? [];
  const distance = (/** @type {Snapshot} */ snapshot) => Math.abs(snapshot.kimg - kimg);
  return [...(detail?.snapshots ?? []), ...newest]
    .sort((one, other) => distance(one) - distance(other))
    .at(0);
}

/** @param {Detail} detail */
function facts({ dataset, start, resolution, models, unit }) {
  const made = (/** @type {string} */ wanted) => {
    const metrics = models.find(({ name }) => name === wanted)?.metrics;
    if (!metrics?.kimg) return "";
    const [figure, value] = Object.entries(metrics).find(([name]) => name !== "kimg") ?? [];
    const said = figure === undefined ? "" : `, ${t(figureName(figure))} ${short(value ?? 0)}`;
    return t("after {n} thousand {unit}", { n: short(metrics.kimg), unit: t(unit) }) + said;
  };
  const rows = [
    ["Dataset", dataset],
    ["Started from", dataset && (start.split(/[\\/]/).pop() || "nothing")],
    ["Size", resolution > 1 ? t("{size} pixels", { size: String(resolution) }) : ""],
    ["Newest", made("model")],
    ["Best", made("best")],
  ];
  return rows
    .filter(([, words]) => words)
    .map(([label, words]) => h("div", {}, h("dt", {}, label), h("dd", {}, words)));
}

/** @param {string} key of a figure */
const figureName = (key) => (key === "kid" ? "KID" : key === "bits" ? "bits a byte" : key);
