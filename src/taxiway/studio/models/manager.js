/** The control API: which models run and can be started, and which feed which. */

import { at } from "../address.js";
import { ask, fetchFile } from "../control.js";
import { ownerMark } from "../owner.js";

/** @import { Chain, DiskUse, GalleryState, ManagerState, RunningModel } from "../types.d.ts" */

/** Every call throws an error with the server's sentence when it is refused. */
export class Manager {
  #token;

  /** @param {() => string} token */
  constructor(token) {
    this.#token = token;
  }

  /** @returns {Promise<ManagerState>} */
  state() {
    return this.#ask("GET", "/desk");
  }

  /**
   * @param {string} model its card's name
   * @param {Record<string, any>} options of its set-up
   * @returns {Promise<RunningModel>}
   */
  start(model, options = {}) {
    const chosen = Object.keys(options).length ? { options } : {};
    return this.#ask("POST", "/running", { model, ...chosen });
  }

  /**
   * Start a model from a file that was sent, or hear the name of one whose files are still to be fetched.
   * @param {string} upload
   * @returns {Promise<RunningModel | { toFetch: string }>}
   */
  open(upload) {
    return this.#ask("POST", "/opened", { upload });
  }

  /** Every model there is. @returns {Promise<GalleryState>} */
  gallery() {
    return this.#ask("GET", "/models");
  }

  /** All that runs, as a file. @returns {Promise<Blob>} */
  workspace() {
    return fetchFile(this.#token(), "/workspace");
  }

  /** Start what is in such a file. @param {File} file @returns {Promise<{ said: string[] }>} */
  openWorkspace(file) {
    return this.#ask("POST", "/workspace", file);
  }

  /** Remove what was fetched of a model. @param {string} name */
  removeFetched(name) {
    return this.#ask("DELETE", `/models/${encodeURIComponent(name)}`);
  }

  /** Play the newest of a training. @param {string} name that of its place @returns {Promise<RunningModel>} */
  playTrained(name) {
    const training = encodeURIComponent(name.replace(/^training-/, ""));
    return this.#ask("POST", `/trainings/${training}/play`, { snapshot: "model" });
  }

  /** What takes the room on the disk. @returns {Promise<DiskUse>} */
  disk() {
    return this.#ask("GET", "/disk");
  }

  /** Delete what is made anew when it is needed. @param {string} part */
  clearDisk(part) {
    return this.#ask("DELETE", `/disk/${encodeURIComponent(part)}`);
  }

  /** @param {string} name */
  stop(name) {
    return this.#ask("DELETE", `/running/${encodeURIComponent(name)}`);
  }

  /** @param {Chain} chain */
  link(chain) {
    return this.#ask("POST", "/chains", chain);
  }

  /** @param {Chain} chain */
  unlink(chain) {
    return this.#ask("DELETE", "/chains", chain);
  }

  /** @param {string} method @param {string} path @param {any} [content] */
  #ask(method, path, content) {
    return ask(this.#token(), method, path, content);
  }
}

/**
 * The page of a running model, on the host by which this page was reached, and below a path if this
 * page is.
 * @param {RunningModel} place
 */
export function addressOf({ port, path }) {
  if (path && new URL(at("/")).pathname !== "/") return `${location.origin}${path}/${ownerMark()}`;
  return `${location.protocol}//${location.hostname}:${port}/${ownerMark()}`;
}
