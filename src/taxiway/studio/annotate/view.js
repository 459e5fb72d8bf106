/** Which part of a picture is seen, and how large: from its pixels to those of the page and back. */

/** @import { Point, Size } from "./boxes.js" */

const MARGIN = 12;
/** Pixels of the page for one of the picture. */
const LARGEST = 48;

export class View {
  scale = 1;
  x = 0;
  y = 0;
  /** Whether the picture is seen whole. */
  fits = true;
  /** @type {Size} */
  #page = { width: 1, height: 1 };
  /** @type {Size} */
  #picture = { width: 1, height: 1 };

  /** The room changed; what fitted fits again. @param {Size} page */
  room(page) {
    this.#page = page;
    if (this.fits) this.fit();
    else this.#hold();
  }

  /** @param {Size} picture */
  show(picture) {
    this.#picture = picture;
    this.fit();
  }

  fit() {
    this.scale = this.#whole();
    this.x = (this.#page.width - this.#picture.width * this.scale) / 2;
    this.y = (this.#page.height - this.#picture.height * this.scale) / 2;
    this.fits = true;
  }

  /** Zoom so that what is at `at` stays there. @param {number} factor @param {Point} [at] of the page; its middle */
  zoom(factor, at = [this.#page.width / 2, this.#page.height / 2]) {
    const scale = Math.min(Math.max(this.scale * factor, this.#whole()), Math.max(LARGEST, this.#whole()));
    this.x = at[0] - ((at[0] - this.x) * scale) / this.scale;
    this.y = at[1] - ((at[1] - this.y) * scale) / this.scale;
    this.scale = scale;
    this.fits = scale <= this.#whole() * 1.001;
    if (this.fits) this.fit();
    else this.#hold();
  }

  /** @param {number} dx @param {number} dy of the page */
  pan(dx, dy) {
    this.x += dx;
    this.y += dy;
    this.#hold();
  }

  /** @param {Point} at of the page @returns {Point} of the picture */
  inPicture([x, y]) {
    return [(x - this.x) / this.scale, (y - this.y) / this.scale];
  }

  /** What is seen, in pixels of the picture: its middle and its size. */
  seen() {
    const [left, top] = this.inPicture([0, 0]).map((value) => Math.max(value, 0));
    const [right, bottom] = this.inPicture([this.#page.width, this.#page.height]);
    const width = Math.min(right, this.#picture.width) - left;
    const height = Math.min(bottom, this.#picture.height) - top;
    return { middle: /** @type {Point} */ ([left + width / 2, top + height / 2]), width, height };
  }

  /** The scale at which it is seen whole; a small picture is enlarged. */
  #whole() {
    const { width, height } = this.#page;
    const room = Math.min((width - 2 * MARGIN) / this.#picture.width, (height - 2 * MARGIN) / this.#picture.height);
    return Math.max(room, 1e-3);
  }

  /** Keep the picture in sight: no gap where there is more of it, else in the middle. */
  #hold() {
    const along = (/** @type {number} */ at, /** @type {number} */ room, /** @type {number} */ length) =>
      length <= room - 2 * MARGIN
        ? (room - length) / 2
        : Math.min(Math.max(at, room - length - MARGIN), MARGIN);
    this.x = along(this.x, this.#page.width, this.#picture.width * this.scale);
    this.y = along(this.y, this.#page.height, this.#picture.height * this.scale);
  }
}
