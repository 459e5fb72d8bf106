/** A painting of labels: whole pixels of exact colours, since a blend would be another label. */

/** @typedef {[number, number, number]} Colour red, green, blue from 0 to 255 */
/** @typedef {{ x: number, y: number }} Point pixels */

export class Painting {
  #image;
  #pixels;

  /** @param {number} width @param {number} height @param {Colour} ground */
  constructor(width, height, ground) {
    this.width = width;
    this.height = height;
    this.#image = new ImageData(width, height);
    this.#pixels = new Uint32Array(this.#image.data.buffer);
    this.clear(ground);
  }

  /** @param {Colour} colour */
  clear(colour) {
    this.#pixels.fill(packed(colour));
  }

  /** @param {CanvasRenderingContext2D} context */
  show(context) {
    context.putImageData(this.#image, 0, 0);
  }

  /**
   * Take over a picture of the same size, each pixel as the nearest colour: a JPEG blends them. One all in
   * grey stays as it is, since its greys may be numbers of labels.
   * @param {ImageData} image
   * @param {Colour[]} colours
   */
  load(image, colours) {
    this.#image.data.set(image.data);
    if (this.#pixels.every(isGrey)) return;
    const known = new Map(colours.map((colour) => [packed(colour), packed(colour)]));
    this.#pixels.forEach((pixel, at) => {
      const found = known.get(pixel) ?? nearest(pixel, colours);
      known.set(pixel, found);
      this.#pixels[at] = found;
    });
  }

  /** What is painted, to be restored later. */
  copy() {
    return this.#pixels.slice();
  }

  /** @param {Uint32Array} pixels */
  restore(pixels) {
    this.#pixels.set(pixels);
  }

  /** A stroke with a round brush. @param {Point} from @param {Point} to @param {number} radius @param {Colour} colour */
  stroke(from, to, radius, colour) {
    const steps = Math.max(1, Math.ceil(Math.hypot(to.x - from.x, to.y - from.y)));
    for (let k = 0; k <= steps; k++) {
      const part = k / steps;
      this.#stamp(from.x + part * (to.x - from.x), from.y + part * (to.y - from.y), radius, colour);
    }
  }

  /** Everything of one colour around a point. @param {Point} point @param {Colour} colour */
  fill({ x, y }, colour) {
    const { width } = this;
    const [old, paint] = [this.#pixels[y * width + x], packed(colour)];
    if (old === paint) return;
    const waiting = [y * width + x];
    for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
      if (this.#pixels[at] !== old) continue;
      this.#pixels[at] = paint;
      if (at % width > 0) waiting.push(at - 1);
      if (at % width < width - 1) waiting.push(at + 1);
      waiting.push(at - width, at + width);
    }
  }

  /** @param {number} x @param {number} y @param {number} radius @param {Colour} colour */
  #stamp(x, y, radius, colour) {
    const paint = packed(colour);
    for (let row = Math.ceil(y - radius + 0.5); row < y + radius; row++) {
      if (row < 0 || row >= this.height) continue;
      const half = Math.sqrt(radius ** 2 - (row - y) ** 2);
      const start = Math.max(0, Math.ceil(x - half));
      const end = Math.min(this.width, Math.floor(x + half) + 1);
      if (start < end) this.#pixels.fill(paint, row * this.width + start, row * this.width + end);
    }
  }
}

/** @param {number} pixel packed */
const parts = (pixel) => [pixel & 255, (pixel >>> 8) & 255, (pixel >>> 16) & 255];

/** @param {number} pixel packed */
function isGrey(pixel) {
  const [red, green, blue] = parts(pixel);
  return red === green && green === blue;
}

/** @param {number} pixel packed @param {Colour[]} colours @returns {number} packed */
function nearest(pixel, colours) {
  const [red, green, blue] = parts(pixel);
  const away = colours.map(([r, g, b]) => (r - red) ** 2 + (g - green) ** 2 + (b - blue) ** 2);
  return packed(colours[away.indexOf(Math.min(...away))]);
}

/** As ImageData has it, on the little-endian machines that browsers run on. @param {Colour} colour */
const packed = ([red, green, blue]) =>
  ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
