/** Films that are being cut out, as the server tells them (docs/film.md). */

import { answerTo, ask, fetchFile, sendFile } from "../control.js";

/** @import { Job, Tool } from "../jobs/jobs.js" */

/**
 * @typedef {[number, number]} Point from 0 to 1 across and down
 * @typedef {object} Clicks what is said of one frame
 * @property {number} frame
 * @property {Point[]} include
 * @property {Point[]} exclude
 * @property {number[] | null} box left, top, right, bottom, 0 to 1
 * @typedef {object} Film
 * @property {string} name
 * @property {number} count
 * @property {number} fps
 * @property {[number, number]} shown width and height of the frames that are looked at
 * @property {Clicks[]} clicks
 * @property {string} model that cuts it out; none for colours and what moves
 * @typedef {{ name: string, title: string }} Cutter a model that can
 */

const TOOL = "mask";

/** Every call throws an error with the server's sentence when it is refused. */
export class Films {
  #token;

  /** @param {() => string} token */
  constructor(token) {
    this.#token = token;
  }

  /** Every film, the newest first. @returns {Promise<Job[]>} */
  async all() {
    const { jobs } = await ask(this.#token(), "GET", "/jobs");
    return jobs.filter((/** @type {Job} */ job) => job.tool === TOOL && !job.isBroken).reverse();
  }

  /** The tool, and why it cannot be used. @returns {Promise<{ tool: Tool | undefined, broken: string }>} */
  async tool() {
    const { tools, broken } = await ask(this.#token(), "GET", "/tools");
    return { tool: tools[TOOL], broken: broken[TOOL] ?? "" };
  }

  /** @param {File} file @param {(part: number) => void} report @returns {Promise<Job>} */
  async open(file, report) {
    const id = await sendFile(this.#token(), file, report);
    return ask(this.#token(), "POST", "/jobs", { tool: TOOL, inputs: { film: { uploads: [id] } } });
  }

  /** A film's facts, none while it is read, the frames that have a mask, and what can cut it out. @param {string} id @returns {Promise<{ film: Film | null, made: number[], models: Cutter[] }>} */
  one(id) {
    return ask(this.#token(), "GET", place(id));
  }

  /** @param {string} id @param {number} frame */
  frame(id, frame) {
    return fetchFile(this.#token(), `${place(id)}/frames/${frame}.jpg`);
  }

  /** @param {string} id @param {number} frame */
  mask(id, frame) {
    return fetchFile(this.#token(), `${place(id)}/masks/${frame}.png`);
  }

  /** @param {string} id @param {Clicks} clicks */
  async click(id, clicks) {
    await answerTo(this.#token(), "POST", `${place(id)}/clicks`, clicks);
  }

  /** Have a model cut it out from now on, which is started. @param {string} id @param {string} model */
  use(id, model) {
    return ask(this.#token(), "POST", `${place(id)}/model`, { model });
  }

  /** Have it make the masks; or, with inputs, a film. @param {string} id @param {Record<string, any>} inputs */
  async goOn(id, inputs) {
    const { behind, ...plain } = inputs;
    const sent = behind ? await sendFile(this.#token(), behind[0]) : "";
    return ask(this.#token(), "POST", `${place(id)}/next`, { inputs: plain, behind: sent });
  }

  /** @param {string} id */
  stop(id) {
    return ask(this.#token(), "POST", `/jobs/${encodeURIComponent(id)}/stop`);
  }

  /** @param {string} id */
  resume(id) {
    return ask(this.#token(), "POST", `/jobs/${encodeURIComponent(id)}/resume`, {});
  }

  /** @param {string} id */
  preview(id) {
    return fetchFile(this.#token(), `/jobs/${encodeURIComponent(id)}/preview.jpg`);
  }

  /** @param {string} id @param {string} name */
  file(id, name) {
    return fetchFile(this.#token(), `/jobs/${encodeURIComponent(id)}/files/${name}`);
  }
}

/** @param {string} id */
const place = (id) => `/films/${encodeURIComponent(id)}`;
