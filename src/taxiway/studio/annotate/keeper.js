/**
 * What is drawn goes to the server at once, the newest of each picture; what it does not have yet is
 * kept in this tab of the browser, through a reload too.
 */

import { keep, kept } from "../keeping.js";

/** @import { Box, Sets, State } from "./sets.js" */

/** @typedef {{ version: number, state: State, boxes: Box[] }} Drawn */

const AGAIN_MS = 1500;

/**
 * Events: `kept` with what the server has now, `away` while it does not answer, `refused` with a
 * sentence, `conflict` with the name of a picture that was changed elsewhere.
 */
export class Keeper extends EventTarget {
  #sets;
  #id;
  /** What the server does not have. @type {Map<string, Drawn>} */
  #waiting;
  /** Those that somebody decides about. @type {Set<string>} */
  #stuck = new Set();
  #isSending = false;
  #timer = 0;

  /** @param {Sets} sets @param {string} id of the set */
  constructor(sets, id) {
    super();
    this.#sets = sets;
    this.#id = id;
    const left = kept("boxes");
    this.#waiting = new Map(left?.id === id ? left.waiting : []);
    if (this.#waiting.size) this.#send();
  }

  /** Whether something is on its way. */
  get isWaiting() {
    return this.#waiting.size > 0;
  }

  /** What of a picture the server does not have yet. @param {string} name */
  of(name) {
    return this.#waiting.get(name);
  }

  /** @param {string} name @param {Drawn} drawn */
  put(name, drawn) {
    this.#stuck.delete(name);
    this.#waiting.set(name, drawn);
    this.#note();
    this.#send();
  }

  /** Go on from another version, as somebody else's was looked at. @param {string} name @param {number} version */
  insist(name, version) {
    const drawn = this.#waiting.get(name);
    if (drawn) this.put(name, { ...drawn, version });
  }

  /** @param {string} name */
  forget(name) {
    this.#stuck.delete(name);
    this.#waiting.delete(name);
    this.#note();
  }

  close() {
    clearTimeout(this.#timer);
  }

  #note() {
    keep("boxes", { id: this.#id, waiting: [...this.#waiting] });
  }

  async #send() {
    if (this.#isSending) return;
    this.#isSending = true;
    clearTimeout(this.#timer);
    for (const [name, drawn] of this.#waiting) {
      if (!this.#stuck.has(name) && !(await this.#sendOne(name, drawn))) break;
    }
    this.#isSending = false;
    if (this.#waiting.size > this.#stuck.size) this.#timer = setTimeout(() => this.#send(), AGAIN_MS);
  }

  /** Whether others can be sent as well. @param {string} name @param {Drawn} drawn @returns {Promise<boolean>} */
  async #sendOne(name, drawn) {
    try {
      const shown = await this.#sets.put(this.#id, name, drawn);
      const newer = this.#waiting.get(name);
      if (newer === drawn) this.#waiting.delete(name);
      else if (newer) this.#waiting.set(name, { ...newer, version: shown.version });
      this.#note();
      this.#tell("kept", shown);
      if (this.#waiting.has(name)) return this.#sendOne(name, /** @type {Drawn} */ (this.#waiting.get(name)));
      return true;
    } catch (error) {
      const { status = 0, message } = /** @type {Error & { status?: number }} */ (error);
      if (status === 409) {
        this.#stuck.add(name);
        this.#tell("conflict", name);
        return true;
      }
      if (status === 400 || status === 404) {
        this.forget(name);
        this.#tell("refused", message);
        return true;
      }
      this.#tell("away", message);
      return false;
    }
  }

  /** @param {string} event @param {any} detail */
  #tell(event, detail) {
    this.dispatchEvent(new CustomEvent(event, { detail }));
  }
}
