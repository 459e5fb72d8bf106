/** Undo and redo, of each picture by itself. */

/** @import { Shown } from "./sets.js" */

const MOST = 200;
/** Steps of one kind that follow each other so soon are one. */
const ONE_MS = 800;

export class Steps {
  /** @type {Map<string, { back: Shown[], on: Shown[] }>} */
  #known = new Map();
  #name = "";
  #kind = "";
  #time = 0;

  /** @param {string} name of the picture */
  turnTo(name) {
    this.#name = name;
    this.#kind = "";
  }

  get #now() {
    const known = this.#known.get(this.#name) ?? { back: [], on: [] };
    this.#known.set(this.#name, known);
    return known;
  }

  get canUndo() {
    return this.#now.back.length > 0;
  }

  get canRedo() {
    return this.#now.on.length > 0;
  }

  /** What was before a change. @param {Shown} shown @param {string} [kind] */
  add(shown, kind = "") {
    const time = performance.now();
    const isSame = kind !== "" && kind === this.#kind && time - this.#time < ONE_MS;
    [this.#kind, this.#time] = [kind, time];
    const { back } = this.#now;
    if (!isSame) back.push(shown);
    if (back.length > MOST) back.shift();
    this.#now.on = [];
  }

  /** @param {Shown | null} shown @returns {Shown | null} */
  undo(shown) {
    return this.#step(this.#now.back, this.#now.on, shown);
  }

  /** @param {Shown | null} shown @returns {Shown | null} */
  redo(shown) {
    return this.#step(this.#now.on, this.#now.back, shown);
  }

  /** @param {Shown[]} from @param {Shown[]} to @param {Shown | null} shown */
  #step(from, to, shown) {
    const found = from.pop() ?? null;
    if (found && shown) to.push(shown);
    this.#kind = "";
    return found;
  }
}
