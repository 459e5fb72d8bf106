/** The newest of what was fetched, by number. */

const MOST = 240;

/** @template Value */
export class Cache {
  /** @type {Map<number, Promise<Value>>} */
  #kept = new Map();
  #fetch;

  /** @param {(key: number) => Promise<Value>} fetch */
  constructor(fetch) {
    this.#fetch = fetch;
  }

  /** @param {number} key @returns {Promise<Value>} */
  get(key) {
    let found = this.#kept.get(key);
    if (!found) {
      found = this.#fetch(key);
      this.#kept.set(key, found);
      found.catch(() => this.#kept.delete(key));
      if (this.#kept.size > MOST) this.#kept.delete([...this.#kept.keys()][0]);
    }
    return found;
  }

  /** Forget one, or all. @param {number} [key] */
  forget(key) {
    if (key === undefined) this.#kept.clear();
    else this.#kept.delete(key);
  }
}
