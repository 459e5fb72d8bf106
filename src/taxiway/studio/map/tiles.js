/** The pictures of the map's cells: asked for nearest first, kept while there is room. */

import { encodeTile } from "../frames.js";
import { coarsest } from "./view.js";

/** @import { Frame } from "../types.d.ts" */

/** @typedef {import("./view.js").Cell} Cell */
/** @typedef {{ bitmap: ImageBitmap, edition: number }} Tile */

const MOST_ASKED = 16;
const MOST_KEPT = 600;
const RETRY_MS = 700;

export class Tiles {
  /** @type {Map<string, Tile>} in order of last use */
  #kept = new Map();
  /** @type {Map<number, { key: string, edition: number }>} by request */
  #asked = new Map();
  /** @type {Cell[]} */
  #wanted = [];
  #request = 0;
  /** Grows when tiles made before are no longer what the model would draw. */
  #edition = 0;
  #field = { seed: 0, similarity: 0 };
  #connection;
  #arrived;

  /**
   * @param {import("../connection.js").Connection} connection
   * @param {() => void} arrived called when there is a new tile to draw
   */
  constructor(connection, arrived) {
    this.#connection = connection;
    this.#arrived = arrived;
    connection.addEventListener("close", () => this.#asked.clear());
    connection.onFrame((frame) => {
      if (frame.kind === "tile") this.#receive(frame);
    });
  }

  /** Look at another map: no tile of the old one is of use. @param {number} seed @param {number} similarity */
  setField(seed, similarity) {
    if (seed === this.#field.seed && similarity === this.#field.similarity) return;
    this.#field = { seed, similarity };
    for (const { bitmap } of this.#kept.values()) bitmap.close();
    this.#kept.clear();
    this.expire();
  }

  /** Tiles shown stay until newer ones come, but all are asked for again. */
  expire() {
    this.#edition++;
    this.cancel();
  }

  cancel() {
    if (this.#asked.size) this.#connection.sendMessage({ type: "cancel_tiles" });
    this.#asked.clear();
  }

  /** @param {Cell} cell @returns {ImageBitmap | undefined} */
  picture(cell) {
    return this.#kept.get(keyOf(cell))?.bitmap;
  }

  /** Ask for what is missing of `cells`, in their order, forgetting earlier wishes. @param {Cell[]} cells */
  want(cells) {
    this.#wanted = cells;
    this.#ask();
  }

  #ask() {
    if (!this.#connection.isOpen) return;
    const underway = new Set([...this.#asked.values()].map(({ key }) => key));
    for (const cell of this.#wanted) {
      if (this.#asked.size >= MOST_ASKED) return;
      const key = keyOf(cell);
      if (!underway.has(key) && !this.#isFresh(key)) this.#send(key, coarsest(cell));
    }
  }

  /** @param {string} key */
  #isFresh(key) {
    const tile = this.#kept.get(key);
    if (!tile) return false;
    this.#kept.delete(key);
    this.#kept.set(key, tile);
    return tile.edition === this.#edition;
  }

  /** @param {string} key @param {Cell} cell */
  #send(key, cell) {
    const id = ++this.#request;
    this.#asked.set(id, { key, edition: this.#edition });
    this.#connection.sendBinary(encodeTile(performance.now(), { id, ...this.#field, ...cell }));
  }

  /** @param {Frame} frame */
  async #receive(frame) {
    const asked = this.#asked.get(frame.number);
    if (asked && frame.mime) await this.#decode(frame.payload, frame.mime, asked);
    this.#asked.delete(frame.number);
    if (frame.mime) this.#ask();
    else setTimeout(() => this.#ask(), RETRY_MS);
  }

  /** @param {ArrayBuffer} payload @param {string} type @param {{ key: string, edition: number }} asked */
  async #decode(payload, type, { key, edition }) {
    const bitmap = await createImageBitmap(new Blob([payload], { type }));
    if (edition !== this.#edition) return bitmap.close();
    this.#keep(key, { bitmap, edition });
    this.#arrived();
  }

  /** @param {string} key @param {Tile} tile */
  #keep(key, tile) {
    this.#kept.get(key)?.bitmap.close();
    this.#kept.delete(key);
    this.#kept.set(key, tile);
    if (this.#kept.size <= MOST_KEPT) return;
    const [oldest, { bitmap }] = this.#kept.entries().next().value ?? ["", tile];
    this.#kept.delete(oldest);
    bitmap.close();
  }
}

/** @param {Cell} cell */
function keyOf(cell) {
  const { level, i, j } = coarsest(cell);
  return `${level}/${i}/${j}`;
}
