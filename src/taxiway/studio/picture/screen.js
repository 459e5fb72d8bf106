/** The surface that pictures are drawn on: always the newest, never an older over a newer one. */

import { encodeAcknowledge } from "../frames.js";
import { FlashGuard } from "./flashes.js";

/** @import { Connection } from "../connection.js" */
/** @import { Frame, Picture } from "../types.d.ts" */

/** @typedef {Pick<Frame, "number" | "inputSeq" | "time" | "renderMs" | "mime" | "payload">} Drawn */

/**
 * @typedef {object} Manner
 * @property {boolean} [isClear] whether what is transparent shows the ground, and not black
 * @property {() => boolean} mayFlash whether the flash guard is off
 * @property {(picture: Picture) => void} [drawn] told of every picture
 */

/** Draws frames, newest wins, and gives their credits back. */
export class Screen {
  #context;
  #canvas;
  #connection;
  #manner;
  /** Numbers of the frame shown and of our newest change in it; both begin anew with a socket. */
  #shown = { frame: 0, inputSeq: 0 };
  /** The newest frame that came while nobody could see it. @type {Drawn | null} */
  #unseen = null;
  #guard = new FlashGuard();
  /** The newest frame that the flash guard keeps back. @type {Drawn | null} */
  #held = null;

  /** @param {HTMLCanvasElement} canvas @param {Connection} connection @param {Manner} manner */
  constructor(canvas, connection, manner) {
    this.#canvas = canvas;
    this.#connection = connection;
    this.#manner = manner;
    this.#context = /** @type {CanvasRenderingContext2D} */ (
      canvas.getContext("2d", { alpha: manner.isClear ?? false })
    );
    connection.addEventListener("close", () => {
      this.#shown = { frame: 0, inputSeq: 0 };
      this.#held = null;
    });
    connection.onFrame((frame) => {
      if (frame.kind === "frame") this.#receive(frame);
    });
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && this.#unseen) this.show(this.#unseen);
    });
  }

  /** @param {Frame} frame */
  async #receive(frame) {
    await this.show(frame);
    const acknowledgement = encodeAcknowledge(frame.number, performance.now());
    this.#connection.sendBinary(acknowledgement);
  }

  /** Draw a picture unless a newer one is there; once it can be seen. @param {Drawn} frame */
  async show(frame) {
    const shown = this.#shown;
    this.#unseen = document.hidden ? frame : null;
    if (this.#unseen) return;
    if (frame.number <= shown.frame) return;
    const blob = new Blob([frame.payload], { type: frame.mime ?? "" });
    const bitmap = await createImageBitmap(blob).catch(() => null);
    // While it was decoded a newer one may have been drawn, or the socket may have closed.
    if (bitmap && shown === this.#shown && frame.number > shown.frame) {
      const wait = this.#manner.mayFlash() ? 0 : this.#guard.wait(bitmap, performance.now());
      if (wait > 0) this.#hold(frame, wait);
      else this.#draw(frame, bitmap);
    }
    bitmap?.close();
  }

  /** Show a picture later, or the newest that came by then. @param {Drawn} frame @param {number} ms */
  #hold(frame, ms) {
    if (!this.#held) {
      setTimeout(() => {
        const held = this.#held;
        this.#held = null;
        if (held) this.show(held);
      }, Math.ceil(ms));
    }
    if (frame.number > (this.#held?.number ?? 0)) this.#held = frame;
  }

  /** @param {Drawn} frame @param {ImageBitmap} bitmap */
  #draw(frame, bitmap) {
    const { width, height } = bitmap;
    if (this.#canvas.width !== width || this.#canvas.height !== height) {
      Object.assign(this.#canvas, { width, height });
    }
    // Nothing of the picture before shines through a transparent one.
    this.#context.globalCompositeOperation = "copy";
    this.#context.drawImage(bitmap, 0, 0);
    const isOurs = frame.inputSeq > this.#shown.inputSeq;
    const age = isOurs ? performance.now() - frame.time : null;
    this.#shown.frame = frame.number;
    if (isOurs) this.#shown.inputSeq = frame.inputSeq;
    this.#manner.drawn?.({ width, height, renderMs: frame.renderMs, age });
  }
}
