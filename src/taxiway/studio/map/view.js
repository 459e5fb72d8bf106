/**
 * Where on the latent map one looks: the geometry between field coordinates, cells and pixels.
 *
 * A cell (i, j) of level L stands at (i d, j d) with d = sqrt(-2 ln similarity) / 2^L, so that
 * similarity is the expected cosine of neighbours at level 0, and cell (2i, 2j) of the next level
 * is the same picture (docs/wire.md).
 */

export const LOWEST_LEVEL = -8;
export const HIGHEST_LEVEL = 24;
const ZOOM_OUT = -3;
const ZOOM_IN = 10;
/** Side of a cell in CSS pixels where zoom is a whole number. */
const CELL = 104;

/** @typedef {{ level: number, i: number, j: number }} Cell */

export class View {
  /** The field point in the middle. */
  x = 0;
  y = 0;
  /** Binary logarithm of the magnification. */
  zoom = 0;
  similarity = 0.9;
  width = 1;
  height = 1;

  /** The level whose cells are shown: those nearest to their natural size. */
  get level() {
    return Math.round(this.zoom);
  }

  /** Side of a shown cell in CSS pixels. */
  get cellSize() {
    return CELL * 2 ** (this.zoom - this.level);
  }

  /** Distance of neighbouring cells in the field. @param {number} [level] */
  spacing(level = this.level) {
    return Math.sqrt(-2 * Math.log(Math.fround(this.similarity))) * 2 ** -level;
  }

  /** Field units in one CSS pixel. */
  get unitsPerPixel() {
    return this.spacing() / this.cellSize;
  }

  /** @param {{ x: number, y: number }} point of the field @returns pixels from the top left */
  toScreen({ x, y }) {
    return {
      left: this.width / 2 + (x - this.x) / this.unitsPerPixel,
      top: this.height / 2 + (y - this.y) / this.unitsPerPixel,
    };
  }

  /** @param {number} left @param {number} top @returns a point of the field */
  toField(left, top) {
    return {
      x: this.x + (left - this.width / 2) * this.unitsPerPixel,
      y: this.y + (top - this.height / 2) * this.unitsPerPixel,
    };
  }

  /** @param {number} dx @param {number} dy CSS pixels that the ground moves */
  pan(dx, dy) {
    this.x -= dx * this.unitsPerPixel;
    this.y -= dy * this.unitsPerPixel;
  }

  /**
   * Magnify by 2^amount, the point at (left, top) staying where it is.
   * @param {number} amount
   * @param {number} [left]
   * @param {number} [top]
   */
  zoomBy(amount, left = this.width / 2, top = this.height / 2) {
    const fixed = this.toField(left, top);
    this.zoom = Math.max(ZOOM_OUT, Math.min(ZOOM_IN, this.zoom + amount));
    const now = this.toField(left, top);
    this.x += fixed.x - now.x;
    this.y += fixed.y - now.y;
  }

  home() {
    this.x = 0;
    this.y = 0;
    this.zoom = 0;
  }

  /** The cell nearest to a point of the field. @param {{ x: number, y: number }} point */
  cellAt({ x, y }) {
    const spacing = this.spacing();
    return { level: this.level, i: Math.round(x / spacing), j: Math.round(y / spacing) };
  }

  /** @param {Cell} cell */
  pointOf({ level, i, j }) {
    const spacing = this.spacing(level);
    return { x: i * spacing, y: j * spacing };
  }

  /** @param {{ x: number, y: number }} point of the field */
  contains(point) {
    const { left, top } = this.toScreen(point);
    return left >= 0 && top >= 0 && left <= this.width && top <= this.height;
  }

  /** The cells of a level that touch the view, nearest to the middle first. @returns {Cell[]} */
  visibleCells(level = this.level) {
    const spacing = this.spacing(level);
    const halfWidth = (this.width / 2) * this.unitsPerPixel;
    const halfHeight = (this.height / 2) * this.unitsPerPixel;
    const [column, row] = [this.x / spacing, this.y / spacing];
    const cells = [];
    for (const i of reach(column, halfWidth / spacing)) {
      for (const j of reach(row, halfHeight / spacing)) cells.push({ level, i, j });
    }
    const distance = (/** @type {Cell} */ { i, j }) => Math.hypot(i - column, j - row);
    return cells.sort((a, b) => distance(a) - distance(b));
  }
}

/** The whole numbers whose cells touch middle ± half. @param {number} middle @param {number} half */
function* reach(middle, half) {
  const last = Math.floor(middle + half + 0.5);
  for (let k = Math.ceil(middle - half - 0.5); k <= last; k++) yield k;
}

/** The name under which every level knows this picture: its coarsest cell. @param {Cell} cell */
export function coarsest({ level, i, j }) {
  while (level > LOWEST_LEVEL && i % 2 === 0 && j % 2 === 0) {
    i /= 2;
    j /= 2;
    level--;
  }
  return { level, i, j };
}
