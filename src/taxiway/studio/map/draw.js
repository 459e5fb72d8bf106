/** Painting the map: outlines where nothing has come yet, coarser tiles below finer ones. */

/** @typedef {import("./view.js").View} View */
/** @typedef {import("./view.js").Cell} Cell */
/** @typedef {import("./tiles.js").Tiles} Tiles */

const GAP = 2;
/** Pixels from the middle. */
const RING = 9;

/**
 * @param {CanvasRenderingContext2D} context scaled to CSS pixels
 * @param {View} view
 * @param {Tiles} tiles
 * @param {{ x: number, y: number } | null} selected a point of the field
 * @param {{ ground: string, outline: string, paint: string }} colours
 */
export function drawMap(context, view, tiles, selected, colours) {
  context.fillStyle = colours.ground;
  context.fillRect(0, 0, view.width, view.height);
  const missing = view.visibleCells().filter((cell) => !tiles.picture(cell));
  context.strokeStyle = colours.outline;
  for (const cell of missing) outline(context, view, cell);
  if (missing.length)
    for (const cell of view.visibleCells(view.level - 1)) tile(context, view, cell, tiles);
  for (const cell of view.visibleCells()) tile(context, view, cell, tiles);
  if (selected) mark(context, view, selected, colours.paint);
}

/** Where a cell is on screen, on whole pixels. @param {View} view @param {Cell} cell */
function boxOf(view, cell) {
  const { left, top } = view.toScreen(view.pointOf(cell));
  const size = view.cellSize * 2 ** (view.level - cell.level);
  const x = Math.round(left - size / 2);
  const y = Math.round(top - size / 2);
  const side = Math.round(left + size / 2) - x - GAP;
  return { x, y, side };
}

/** @param {CanvasRenderingContext2D} context @param {View} view @param {Cell} cell */
function outline(context, view, cell) {
  const { x, y, side } = boxOf(view, cell);
  context.strokeRect(x + 0.5, y + 0.5, side - 1, side - 1);
}

/** @param {CanvasRenderingContext2D} context @param {View} view @param {Cell} cell @param {Tiles} tiles */
function tile(context, view, cell, tiles) {
  const picture = tiles.picture(cell);
  if (!picture) return;
  const { x, y, side } = boxOf(view, cell);
  context.drawImage(picture, x, y, side, side);
}

/**
 * A frame of runway paint around the picture on stage; a ring where it lies between those shown.
 * @param {CanvasRenderingContext2D} context
 * @param {View} view
 * @param {{ x: number, y: number }} point
 * @param {string} colour
 */
function mark(context, view, point, colour) {
  const { left, top } = view.toScreen(point);
  const side = view.cellSize;
  const cell = view.pointOf(view.cellAt(point));
  const isBetween = Math.hypot(cell.x - point.x, cell.y - point.y) > view.spacing() / 100;
  context.strokeStyle = colour;
  context.lineWidth = 3;
  context.beginPath();
  if (isBetween) context.arc(left, top, RING, 0, 2 * Math.PI);
  else {
    const [x, y] = [Math.round(left - side / 2) - 1, Math.round(top - side / 2) - 1];
    context.rect(x, y, Math.round(side), Math.round(side));
  }
  context.stroke();
  context.lineWidth = 1;
}
