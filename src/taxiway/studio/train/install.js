/** Offers to install what training needs, and shows how far that is. */

import { h } from "../dom.js";
import { Jobs, WORKING } from "../jobs/jobs.js";
import { sentence } from "../slots.js";
import { t } from "../words.js";

/** @import { Job } from "../jobs/jobs.js" */

const AGAIN_MS = 2000;
const WORDS = "Install it (200 MB)";

/** Follows its job while it is shown. */
export class Installer {
  #jobs;
  #done;
  #following = /** @type {AbortController | null} */ (null);
  #job = "";
  #said = h("p", { role: "status" });
  #bar = h("progress", { max: 1, "aria-label": "Installed so far", hidden: true });
  #begin = h("button", { type: "button", id: "train-install", class: "primary" }, WORDS);
  #stop = h("button", { type: "button", hidden: true }, "Stop");
  element = h(
    "div",
    { class: "train-install", hidden: true },
    this.#said,
    this.#bar,
    h("div", { class: "row" }, this.#begin, this.#stop),
  );

  /** @param {() => string} token @param {() => void} done */
  constructor(token, done) {
    this.#jobs = new Jobs(token);
    this.#done = done;
    this.#begin.addEventListener("click", () => this.#act(() => this.#start()));
    this.#stop.addEventListener("click", () => this.#act(() => this.#jobs.stop(this.#job)));
  }

  /** Offer it where something is lacking. @param {string} lacking why, or "" */
  offer(lacking) {
    const isShown = Boolean(lacking);
    if (isShown && this.element.hidden) {
      this.#said.textContent = t(lacking);
      this.#follow();
    }
    this.element.hidden = !isShown;
    if (!isShown) this.#following?.abort();
  }

  async #start() {
    await this.#jobs.start("install", "", { extra: "train" }, () => {});
  }

  async #follow() {
    const following = (this.#following = new AbortController());
    const show = (/** @type {Job} */ job) => job.tool === "install" && this.#show(job);
    while (!following.signal.aborted) {
      await this.#jobs.follow(following.signal, show, () => {}).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }

  /** @param {Job} job */
  #show({ id, state, done, total, message }) {
    const isWorking = WORKING.includes(state);
    if (!isWorking && id !== this.#job) return; // of an earlier day
    this.#job = id;
    this.#said.textContent = t(message);
    this.#bar.hidden = this.#stop.hidden = !isWorking;
    this.#begin.hidden = isWorking;
    if (total > 1) this.#bar.value = done / total;
    else this.#bar.removeAttribute("value");
    if (state === "done") this.#done();
  }

  /** @param {() => Promise<any>} work */
  async #act(work) {
    try {
      await work();
    } catch (error) {
      this.#said.textContent = sentence(error);
    }
  }
}
