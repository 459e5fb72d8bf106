/** The surface that pictures are drawn on: always the newest, never an older over a newer one. */

import { encodeAcknowledge } from "../frames.js";
import { FlashGuard } from "./flashes.js";

/** @import { Frame, Studio } from "../types.d.ts" */

/** @typedef {import("./figures.js").Figures} Figures */

/** Draws frames, newest wins, and gives their credits back. */
export class Screen {
  #context;
  #canvas;
  #figures;
  #studio;
  /** Numbers of the frame shown and of our newest change in it; both begin anew with a socket. */
  #shown = { frame: 0, inputSeq: 0 };
  /** The newest frame that came while nobody could see it. @type {Frame | null} */
  #unseen = null;
  #guard = new FlashGuard();
  /** The newest frame that the flash guard keeps back. @type {Frame | null} */
  #held = null;

  /** @param {HTMLCanvasElement} canvas @param {Figures} figures @param {Studio} studio */
  constructor(canvas, figures, studio) {
    this.#canvas = canvas;
    this.#figures = figures;
    this.#studio = studio;
    this.#context = /** @type {CanvasRenderingContext2D} */ (
      canvas.getContext("2d", { alpha: false })
    );
    const { connection } = studio;
    connection.addEventListener("close", () => {
      this.#shown = { frame: 0, inputSeq: 0 };
      this.#held = null;
    });
    connection.onFrame((frame) => {
      if (frame.kind === "frame") this.#receive(frame);
    });
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && this.#unseen) this.#show(this.#unseen);
    });
  }

  /** @param {Frame} frame */
  async #receive(frame) {
    if (document.hidden) this.#unseen = frame;
    else await this.#show(frame);
    const acknowledgement = encodeAcknowledge(frame.number, performance.now());
    this.#studio.connection.sendBinary(acknowledgement);
  }

  /** @param {Frame} frame */
  async #show(frame) {
    const shown = this.#shown;
    this.#unseen = null;
    if (frame.number <= shown.frame) return;
    const blob = new Blob([frame.payload], { type: frame.mime ?? "" });
    const bitmap = await createImageBitmap(blob).catch(() => null);
    // While it was decoded a newer one may have been drawn, or the socket may have closed.
    if (bitmap && shown === this.#shown && frame.number > shown.frame) {
      const wait = this.#studio.store.get("flashes") ? 0 : this.#guard.wait(bitmap, performance.now());
      if (wait > 0) this.#hold(frame, wait);
      else this.#draw(frame, bitmap);
    }
    bitmap?.close();
  }

  /** Show a picture later, or the newest that came by then. @param {Frame} frame @param {number} ms */
  #hold(frame, ms) {
    if (!this.#held) {
      setTimeout(() => {
        const held = this.#held;
        this.#held = null;
        if (held) this.#show(held);
      }, Math.ceil(ms));
    }
    if (frame.number > (this.#held?.number ?? 0)) this.#held = frame;
  }

  /** @param {Frame} frame @param {ImageBitmap} bitmap */
  #draw(frame, bitmap) {
    const { width, height } = bitmap;
    if (this.#canvas.width !== width || this.#canvas.height !== height) {
      Object.assign(this.#canvas, { width, height });
    }
    this.#context.drawImage(bitmap, 0, 0);
    const now = performance.now();
    const isOurs = frame.inputSeq > this.#shown.inputSeq;
    const age = isOurs ? now - frame.time : null;
    this.#figures.count(now, age);
    this.#shown.frame = frame.number;
    if (isOurs) this.#shown.inputSeq = frame.inputSeq;
    this.#studio.store.set("picture", { width, height, renderMs: frame.renderMs, age });
  }
}
