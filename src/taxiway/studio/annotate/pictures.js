/** Whole pictures, fetched once; the last few are kept, so that the next is there at once. */

import { loaded } from "../picking.js";

/** @import { Sets } from "./sets.js" */

const KEPT = 4;

export class Pictures {
  #sets;
  #id;
  /** @type {Map<string, Promise<HTMLImageElement>>} */
  #known = new Map();

  /** @param {Sets} sets @param {string} id of the set */
  constructor(sets, id) {
    this.#sets = sets;
    this.#id = id;
  }

  /** @param {string} name */
  get(name) {
    const known = this.#known.get(name) ?? this.#fetch(name);
    this.#known.delete(name); // so that it is the newest
    this.#known.set(name, known);
    known.catch(() => this.#known.delete(name));
    if (this.#known.size > KEPT) this.#forget(this.#known.keys().next().value ?? "");
    return known;
  }

  /** @param {string} name */
  async #fetch(name) {
    return loaded(URL.createObjectURL(await this.#sets.picture(this.#id, name)));
  }

  /** @param {string} name */
  async #forget(name) {
    const picture = this.#known.get(name);
    this.#known.delete(name);
    URL.revokeObjectURL((await picture?.catch(() => null))?.src ?? "");
  }
}
