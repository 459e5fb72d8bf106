/** A canvas on which one latent map is explored: seen, wandered over, and picked from. */

import { oncePerFrame } from "../pace.js";
import { drawMap } from "./draw.js";
import { Tiles } from "./tiles.js";
import { View } from "./view.js";
import { wanderByHand } from "./wander.js";

/** @import { Place } from "../types.d.ts" */

const ZOOM_STEP = 0.5;
const STEPS = /** @type {Record<string, [number, number]>} */ ({
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
  Enter: [0, 0],
});

export class Explorer {
  view = new View();
  #seed = 1;
  #isAwake = false;
  /** @type {Place | null} */
  #selected = null;
  #canvas;
  #context;
  #colours;
  #tiles;
  #pick;
  #draw = oncePerFrame(() => this.#paint());

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {import("../connection.js").Connection} connection
   * @param {(place: Place) => void} pick called when a place is chosen
   */
  constructor(canvas, connection, pick) {
    this.#canvas = canvas;
    this.#context = /** @type {CanvasRenderingContext2D} */ (
      canvas.getContext("2d", { alpha: false })
    );
    this.#colours = coloursOf(document.documentElement);
    this.#tiles = new Tiles(connection, this.#draw);
    this.#pick = pick;
    wanderByHand(canvas, this.view, {
      moved: () => this.#moved(),
      clicked: (point) => this.#choose(this.view.pointOf(this.view.cellAt(point))),
    });
    canvas.addEventListener("keydown", (event) => this.#key(event));
    new ResizeObserver(() => this.#resize()).observe(canvas);
  }

  /** Tiles are asked for only while there is a model to make them. @param {boolean} isAwake */
  wake(isAwake) {
    this.#isAwake = isAwake;
    this.#moved();
  }

  /** Everything shown was made with values that no longer hold. */
  expire() {
    this.#tiles.expire();
    this.#moved();
  }

  /** @param {number} similarity */
  setSimilarity(similarity) {
    this.view.similarity = similarity;
    this.#changeField();
  }

  /** Go to the middle of the map of a seed. @param {number} seed */
  open(seed) {
    this.#seed = seed;
    this.view.home();
    this.#changeField();
  }

  /** Show what is on stage, if it is a place; one of another map brings its map. @param {Place | null} place */
  select(place) {
    this.#selected = place;
    if (place && place.field_seed !== this.#seed) {
      this.#seed = place.field_seed;
      Object.assign(this.view, { x: place.x, y: place.y });
      this.#changeField();
    }
    this.#draw();
  }

  /** Go to a place and choose it. @param {Place} place */
  goTo(place) {
    Object.assign(this.view, { x: place.x, y: place.y });
    this.#seed = place.field_seed;
    this.#changeField();
    this.#pick(place);
  }

  zoomIn() {
    this.#zoom(ZOOM_STEP);
  }

  zoomOut() {
    this.#zoom(-ZOOM_STEP);
  }

  goHome() {
    this.view.home();
    this.#moved();
  }

  /** @param {number} amount */
  #zoom(amount) {
    this.view.zoomBy(amount);
    this.#moved();
  }

  /** @param {{ x: number, y: number }} point */
  #choose(point) {
    this.#pick({ field_seed: this.#seed, ...point });
  }

  #changeField() {
    this.#tiles.setField(this.#seed, this.view.similarity);
    this.#moved();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key in STEPS) this.#step(...STEPS[event.key]);
    else if (event.key === "+" || event.key === "=") this.zoomIn();
    else if (event.key === "-") this.zoomOut();
    else if (event.key === "0") this.goHome();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Choose the neighbour of the chosen cell, or the middle one where none is in view. */
  #step(/** @type {number} */ across, /** @type {number} */ down) {
    const { view } = this;
    const isInView = this.#selected !== null && view.contains(this.#selected);
    const cell = view.cellAt(isInView ? /** @type {Place} */ (this.#selected) : view);
    if (isInView) Object.assign(cell, { i: cell.i + across, j: cell.j + down });
    const point = view.pointOf(cell);
    if (!view.contains(point)) Object.assign(view, point);
    this.#choose(point);
    this.#moved();
  }

  #resize() {
    const { width, height } = this.#canvas.getBoundingClientRect();
    if (!width) return;
    Object.assign(this.view, { width, height });
    this.#canvas.width = Math.round(width * devicePixelRatio);
    this.#canvas.height = Math.round(height * devicePixelRatio);
    this.#changeField();
  }

  #moved() {
    const isSeen = this.#isAwake && this.#canvas.offsetParent !== null;
    this.#tiles.want(isSeen ? this.view.visibleCells() : []);
    this.#draw();
  }

  #paint() {
    this.#context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    drawMap(this.#context, this.view, this.#tiles, this.#selected, this.#colours);
  }
}

/** @param {HTMLElement} element */
function coloursOf(element) {
  const style = getComputedStyle(element);
  const read = (/** @type {string} */ name) => style.getPropertyValue(name).trim();
  return { ground: read("--well"), outline: read("--line"), paint: read("--paint") };
}
