/** Jobs as the server tells them, and what can be asked of them (docs/jobs.md). */

import { ask, fetchFile, follow, sendFile } from "../control.js";
import { percent, t } from "../words.js";

/** @import { Field } from "../types.d.ts" */

/**
 * @typedef {"waiting" | "running" | "stopping" | "stopped" | "done" | "failed"} JobState
 * @typedef {object} Job
 * @property {string} id
 * @property {"tool" | "training" | "dataset"} kind
 * @property {string} tool
 * @property {string} title
 * @property {string} model
 * @property {Record<string, any>} [inputs]
 * @property {JobState} state
 * @property {number} done
 * @property {number} total
 * @property {string} unit
 * @property {string} message
 * @property {number | null} secondsLeft
 * @property {number} created seconds since 1970
 * @property {Record<string, string[]>} [attached] the names of files that it was given, by input
 * @property {number | null} started
 * @property {number | null} ended
 * @property {Record<string, unknown>} [outputs] those of a tool that is done, by name
 * @property {string[]} files the first of them, in a list
 * @property {boolean} isBroken
 * @typedef {object} Tool
 * @property {string} name
 * @property {string | null} description
 * @property {Field[]} inputs
 * @property {string} lacks what of it cannot be used, a sentence or ""
 * @property {"dataset" | "model"} [source] what a training learns from
 * @property {{ families: string[], inputs: string[], model: boolean }} takes
 */

const PATH = "/jobs";
export const WORKING = /** @type {JobState[]} */ (["waiting", "running", "stopping"]);

/** Every call throws an error with the server's sentence when it is refused. */
export class Jobs {
  #token;

  /** @param {() => string} token */
  constructor(token) {
    this.#token = token;
  }

  /**
   * Hear of every job, now and when it changes.
   * @param {AbortSignal} signal
   * @param {(job: Job) => void} changed
   * @param {(id: string) => void} gone
   */
  follow(signal, changed, gone) {
    return follow(this.#token(), `${PATH}/events`, signal, (name, content) =>
      name === "gone" ? gone(content.id) : changed(content),
    );
  }

  /** @param {string} id @returns {Promise<Job>} with all its files */
  one(id) {
    return ask(this.#token(), "GET", place(id));
  }

  /**
   * The tools that work on a model, and those that need none; of those that cannot be used, why.
   * @param {string} model
   * @returns {Promise<{ tools: Record<string, Tool>, broken: Record<string, string> }>}
   */
  async tools(model) {
    const all = await ask(this.#token(), "GET", "/tools");
    const some = await ask(this.#token(), "GET", `/tools?model=${encodeURIComponent(model)}`).catch(
      () => ({ tools: {} }),
    );
    const free = Object.entries(all.tools).filter(([, { takes }]) => !takes.model);
    const broken = Object.entries(all.broken).filter(([name]) => !(name in all.tools));
    const nothing = (/** @type {string} */ name) => ({ name, inputs: [], takes: {}, lacks: "" });
    const unknown = broken.map(([name]) => [name, nothing(name)]);
    const tools = { ...some.tools, ...Object.fromEntries(free), ...Object.fromEntries(unknown) };
    return { tools, broken: all.broken };
  }

  /**
   * Begin a job. Files among the inputs are sent first.
   * @param {string} tool
   * @param {string} model
   * @param {Record<string, any>} inputs
   * @param {(sentence: string) => void} report how far the sending is
   * @returns {Promise<Job>}
   */
  async start(tool, model, inputs, report) {
    /** @type {Record<string, any>} */
    const sent = {};
    for (const [name, value] of Object.entries(inputs)) {
      sent[name] = isFiles(value) ? { uploads: await this.#send(value, report) } : value;
    }
    return ask(this.#token(), "POST", PATH, { tool, model, inputs: sent });
  }

  /** @param {string} id */
  stop(id) {
    return ask(this.#token(), "POST", `${place(id)}/stop`);
  }

  /** @param {string} id */
  resume(id) {
    return ask(this.#token(), "POST", `${place(id)}/resume`, {});
  }

  /** @param {string} id */
  remove(id) {
    return ask(this.#token(), "DELETE", place(id));
  }

  /** @param {string} id @returns {Promise<Blob>} */
  preview(id) {
    return fetchFile(this.#token(), `${place(id)}/preview.jpg`);
  }

  /** @param {string} id @param {string} name @returns {Promise<Blob>} */
  file(id, name) {
    const path = name.split("/").map(encodeURIComponent).join("/");
    return fetchFile(this.#token(), `${place(id)}/files/${path}`);
  }

  /** @param {File[]} files @param {(sentence: string) => void} report @returns {Promise<string[]>} */
  async #send(files, report) {
    const ids = [];
    for (const [index, file] of files.entries()) {
      const words = { name: file.name, n: index + 1, total: files.length };
      const far = (/** @type {number} */ part) =>
        report(part ? t("Sends {name} ({n} of {total}), {part}.", { ...words, part: percent(part) }) : t("Sends {name} ({n} of {total}).", words));
      ids.push(await sendFile(this.#token(), file, far));
    }
    return ids;
  }
}

/** @param {string} id */
const place = (id) => `${PATH}/${encodeURIComponent(id)}`;

/** @param {any} value @returns {value is File[]} */
export function isFiles(value) {
  return Array.isArray(value) && value.length > 0 && value.every((one) => one instanceof File);
}
