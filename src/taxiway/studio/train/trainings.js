/** Trainings as the server tells them, and what can be asked of them. */

import { ask, fetchFile, sendFile } from "../control.js";
import { t } from "../words.js";

/** @import { Tool } from "../jobs/jobs.js" */
/** @import { RunningModel } from "../types.d.ts" */

/**
 * @typedef {"waiting" | "starting" | "running" | "stopping" | "stopped" | "done" | "failed"} TrainingState
 * @typedef {{ name: string, title: string, state: TrainingState, message: string, kimg: number,
 *   total: number }} Summary
 * @typedef {{ name: string, kimg: number }} Sheet
 * @typedef {[number, number][]} Curve of (thousand pictures shown, value)
 * @typedef {{ name: string, kimg: number, metrics: Record<string, number> }} Snapshot
 * @typedef {object} More
 * @property {string} dataset
 * @property {string} start
 * @property {number} resolution pixels
 * @property {string} unit what was shown so many thousand of
 * @property {number | null} secondsLeft
 * @property {Record<string, number>} figures
 * @property {Record<string, Curve>} curves
 * @property {{ kimg: number, text: string }[]} warnings
 * @property {Sheet[]} sheets
 * @property {Snapshot[]} models the newest ("model") and the best ("best")
 * @property {Snapshot[]} snapshots those that were kept, oldest first
 * @typedef {Summary & More} Detail
 */

const PATH = "/trainings";
/** The states in which it can be stopped. */
export const WORKING = ["waiting", "starting", "running", "stopping"];
/** So many pictures are kept to be shown again at once. */
const KEPT = 200;

/** Every call throws an error with the server's sentence when it is refused. */
export class Trainings {
  #token;
  /** @type {Map<string, Promise<string>>} */
  #pictures = new Map();

  /** @param {() => string} token */
  constructor(token) {
    this.#token = token;
  }

  /** @returns {Promise<Summary[]>} */
  async all() {
    return (await ask(this.#token(), "GET", PATH)).trainings;
  }

  /** The datasets that jobs have prepared. @returns {Promise<{ id: string, created: number }[]>} newest first */
  async datasets() {
    const { jobs } = await ask(this.#token(), "GET", "/jobs");
    const made = jobs.filter((/** @type {any} */ { kind, state }) => kind === "dataset" && state === "done");
    return made.reverse();
  }

  /** @param {string} name @returns {Promise<Detail>} */
  one(name) {
    return ask(this.#token(), "GET", `${PATH}/${name}`);
  }

  /**
   * What can be trained, as tools, why some cannot be used, and what all lack.
   * @returns {Promise<{ tools: Record<string, Tool>, broken: Record<string, string>, lacking: string }>}
   */
  async trainers() {
    const { tools, broken, lacking } = await ask(this.#token(), "GET", "/tools");
    const trainers = Object.entries(tools).filter(([name]) => /^train(-|$)/.test(name));
    return { tools: Object.fromEntries(trainers), broken, lacking: lacking.train ?? "" };
  }

  /**
   * Begin one; a dataset that is a file is sent first.
   * @param {string} tool @param {Record<string, any>} inputs @returns {Promise<{ id: string }>}
   */
  async start(tool, inputs) {
    const file = inputs.dataset?.[0];
    const isFile = file instanceof File;
    const dataset = isFile ? { uploads: [await sendFile(this.#token(), file)] } : inputs.dataset;
    return ask(this.#token(), "POST", "/jobs", { tool, inputs: { ...inputs, dataset } });
  }

  /** Delete it with its models. @param {string} name */
  remove(name) {
    return ask(this.#token(), "DELETE", `/jobs/training:${name}`);
  }

  /** @param {string} name */
  stop(name) {
    return ask(this.#token(), "POST", `${PATH}/${name}/stop`);
  }

  /** @param {string} name @param {number | null} kimg */
  resume(name, kimg) {
    return ask(this.#token(), "POST", `${PATH}/${name}/resume`, { kimg });
  }

  /** @param {string} name @param {string} snapshot @returns {Promise<RunningModel>} */
  play(name, snapshot) {
    return ask(this.#token(), "POST", `${PATH}/${name}/play`, { snapshot });
  }

  /** @param {string} name */
  film(name) {
    return fetchFile(this.#token(), `${PATH}/${name}/progress.mp4`);
  }

  /** A sheet that is text. @param {string} name @param {string} sheet */
  async words(name, sheet) {
    return (await fetchFile(this.#token(), `${PATH}/${name}/sheets/${sheet}`)).text();
  }

  /** The address of a sheet, for an image. @param {string} name @param {string} sheet */
  picture(name, sheet) {
    const path = `${PATH}/${name}/sheets/${sheet}`;
    const known = this.#pictures.get(path);
    if (known) return known;
    const fetched = fetchFile(this.#token(), path).then((blob) => URL.createObjectURL(blob));
    fetched.catch(() => this.#pictures.delete(path));
    this.#pictures.set(path, fetched);
    if (this.#pictures.size > KEPT) this.#forget(this.#pictures.keys().next().value ?? "");
    return fetched;
  }

  /** @param {string} path */
  async #forget(path) {
    const address = this.#pictures.get(path);
    this.#pictures.delete(path);
    URL.revokeObjectURL((await address) ?? "");
  }
}

/** So many thousand pictures, in short. @param {number} kimg */
export function far(kimg) {
  return kimg ? t("{n} kimg", { n: Number(kimg.toFixed(1)) }) : t("the start");
}
