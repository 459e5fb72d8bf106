/** One job in the list: its picture, how far it is, what can be done with it, its files. */

import { h } from "../dom.js";
import { duration } from "../durations.js";
import { sentence } from "../slots.js";
import { title } from "../declaration.js";
import { WORKING } from "./jobs.js";
import { moment, number, t } from "../words.js";

/** @import { Job, Jobs } from "./jobs.js" */

const PICTURES = /\.(png|jpe?g|gif|webp|apng)$/i;
const FILMS = /\.(mp4|webm)$/i;
const LATENTS = /^(?!state\.).*\.(npz|npy|pt)$/i;
const PREVIEW_MS = 1500;
const WORDS = {
  waiting: "Waiting",
  running: "Running",
  stopping: "Stopping",
  stopped: "Stopped",
  done: "Done",
  failed: "Failed",
};

export class JobCard {
  element;
  #jobs;
  #act;
  #open;
  #picture = h("img", { class: "job-picture", alt: "", hidden: true });
  #name = h("h3", {});
  #state = h("p", { class: "job-state" });
  #message = h("p", { class: "job-message" });
  #bar = h("progress", { max: 1, value: 0 });
  #figures = h("p", { class: "hint figure job-figures" });
  #files = h("ul", { class: "job-files" });
  #count = h("summary", {});
  #more = h("details", { class: "job-more" }, this.#count, this.#files);
  #buttons;
  /** @type {Job | null} */
  #job = null;
  #shownAt = -Infinity;
  #shownAs = "";
  #listed = "";

  /**
   * @param {Jobs} jobs
   * @param {(work: () => Promise<any>) => Promise<void>} act does it, and says what went wrong
   * @param {(title: string, name: string, file: Blob) => void} open shows a picture or a film
   * @param {(card: JobCard) => void} ask asks before it is deleted
   */
  constructor(jobs, act, open, ask) {
    this.#jobs = jobs;
    this.#act = act;
    this.#open = open;
    this.#buttons = {
      stop: this.#button("Stop", "Finish the step in hand, and save", () => jobs.stop(this.id)),
      resume: this.#button("Resume", "Go on where it was", () => jobs.resume(this.id)),
      remove: h("button", { type: "button", title: "Delete it and all it made" }, "Delete"),
    };
    this.#buttons.remove.addEventListener("click", () => ask(this));
    this.#more.addEventListener("toggle", () => this.#listFiles());
    this.#picture.addEventListener("click", () => this.#enlarge());
    this.element = h(
      "li",
      { class: "job", tabindex: -1 },
      h("div", { class: "job-well" }, this.#picture),
      h(
        "div",
        { class: "job-told" },
        h("div", { class: "job-head" }, this.#name, this.#state),
        this.#message,
        this.#bar,
        this.#figures,
        h("div", { class: "row" }, ...Object.values(this.#buttons)),
        this.#more,
      ),
    );
  }

  get id() {
    return this.#job?.id ?? "";
  }

  get name() {
    return this.#name.textContent ?? "";
  }

  /** @param {Job} job */
  show(job) {
    this.#job = job;
    const { state, isBroken, total, files } = job;
    const works = WORKING.includes(state);
    this.element.dataset.job = state;
    this.element.dataset.id = job.id;
    this.#name.textContent = nameOf(job);
    this.#state.replaceChildren(h("span", { class: "lamp", "aria-hidden": true }), WORDS[state]);
    this.#message.textContent = state === "done" ? summaryOf(job) : t(job.message);
    this.#bar.hidden = !works && (state === "done" || !total);
    this.#bar.value = total ? Math.min(1, job.done / total) : 0;
    this.#bar.setAttribute("aria-label", t("Progress of {name}", { name: this.name }));
    this.#figures.textContent = figures(job);
    this.#buttons.stop.hidden = !works;
    this.#buttons.resume.hidden = isBroken || !["stopped", "failed"].includes(state);
    this.#buttons.remove.hidden = works;
    this.#more.hidden = !files.length;
    this.#count.textContent = files.length === 1 ? t("1 file") : t("Files");
    this.#listFiles();
    this.#showPicture();
  }

  /** Forget what the browser holds of its picture. */
  close() {
    URL.revokeObjectURL(this.#picture.src);
  }

  /** The newest picture; of a running job every second or so. */
  async #showPicture() {
    const job = /** @type {Job} */ (this.#job);
    const now = performance.now();
    const as = `${job.state} ${WORKING.includes(job.state) ? job.done : job.ended}`;
    const hasNone = job.isBroken || (WORKING.includes(job.state) && !job.done);
    if (hasNone || as === this.#shownAs || now - this.#shownAt < PREVIEW_MS) return;
    this.#shownAt = WORKING.includes(job.state) ? now : -Infinity;
    this.#shownAs = as;
    const picture = await this.#jobs.preview(job.id).catch(() => null);
    if (!picture?.type.startsWith("image/")) return;
    URL.revokeObjectURL(this.#picture.src);
    this.#picture.src = URL.createObjectURL(picture);
    this.#picture.alt = t("What {name} looks like", { name: this.name });
    this.#picture.hidden = false;
  }

  async #enlarge() {
    const picture = await this.#jobs.preview(this.id).catch(() => null);
    if (picture) this.#open(this.name, "preview.jpg", picture);
  }

  /** Its files, once they are asked for. */
  async #listFiles() {
    const job = /** @type {Job} */ (this.#job);
    const text = JSON.stringify([job.id, job.files, job.state]);
    if (!this.#more.open || text === this.#listed) return;
    this.#listed = text;
    const { files } = await this.#jobs.one(job.id).catch(() => job);
    this.#files.replaceChildren(...files.map((name) => this.#fileLine(name)));
  }

  /** @param {string} name */
  #fileLine(name) {
    const open = h("button", { type: "button" }, "Open");
    open.hidden = !PICTURES.test(name) && !FILMS.test(name);
    const isLatent = LATENTS.test(name);
    const save = h("button", { type: "button" }, isLatent ? "Save latents" : "Download");
    for (const button of [open, save]) button.setAttribute("aria-label", `${button.textContent} ${name}`);
    open.addEventListener("click", () =>
      this.#act(async () => this.#open(this.name, name, await this.#jobs.file(this.id, name))),
    );
    save.addEventListener("click", () =>
      this.#act(async () => download(await this.#jobs.file(this.id, name), name)),
    );
    return h("li", {}, h("span", { class: "job-file", translate: "no" }, name), h("div", { class: "row" }, open, save));
  }

  /** @param {string} words @param {string} hint @param {() => Promise<any>} work */
  #button(words, hint, work) {
    const button = h("button", { type: "button", title: hint }, words);
    button.addEventListener("click", async () => {
      button.disabled = true;
      await this.#act(work);
      button.disabled = false;
    });
    return button;
  }
}

/** @param {Job} job */
function nameOf({ id, tool, title: named, model, kind, isBroken }) {
  if (isBroken) return id;
  if (kind === "training") return t("Training {name}", { name: named || id });
  return model ? `${title(tool)}, ${model}` : title(tool);
}

/** What a tool says of what it found. @param {Job} job */
function summaryOf({ outputs }) {
  return typeof outputs?.summary === "string" ? outputs.summary : "";
}

/** How far, how long yet, and when. @param {Job} job */
function figures({ state, done, total, unit, secondsLeft, ended, started }) {
  const parts = [];
  const counts = total && !(total === 1 && unit === "bytes"); // of which one is none, or all
  if (counts && state !== "done") parts.push(t("{n} of {total} {unit}", { n: short(done), total: short(total), unit: t(unit) }));
  if (state === "running" && secondsLeft) parts.push(t("{time} left", { time: duration(secondsLeft) }));
  if (!WORKING.includes(state) && ended) parts.push(moment(1000 * ended));
  if (state === "done" && started && ended) parts.push(t("took {time}", { time: duration(ended - started) }));
  return parts.join(" · ");
}

/** @param {number} value */
const short = (value) => number(Number(value.toPrecision(value < 1000 ? 3 : 6)));

/** @param {Blob} file @param {string} name */
function download(file, name) {
  const link = h("a", { download: name.split("/").pop() });
  link.href = URL.createObjectURL(file);
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/**
 * A dialog that shows a picture or plays a film.
 * @returns {{ element: HTMLDialogElement, show: (title: string, name: string, file: Blob) => void }}
 */
export function makeViewer() {
  const head = h("h2", {});
  const stage = h("div", { class: "job-stage" });
  const close = h("button", { type: "button" }, "Close");
  const element = /** @type {HTMLDialogElement} */ (
    /** @type {unknown} */ (
      h("dialog", { class: "job-viewer" }, h("div", { class: "job-viewer-head" }, head, close), stage)
    )
  );
  let address = "";
  close.addEventListener("click", () => element.close());
  element.addEventListener("close", () => {
    stage.replaceChildren();
    URL.revokeObjectURL(address);
  });
  return {
    element,
    show(title, name, file) {
      head.textContent = name === "preview.jpg" ? title : `${title}: ${name}`;
      address = URL.createObjectURL(file);
      const shown = FILMS.test(name)
        ? h("video", { src: address, controls: true, loop: true, playsinline: true })
        : h("img", { src: address, alt: name });
      stage.replaceChildren(shown);
      element.showModal();
      if (shown instanceof HTMLVideoElement) shown.play().catch((error) => sentence(error));
    },
  };
}
