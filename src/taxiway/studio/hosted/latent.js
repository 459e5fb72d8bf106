/** Faders for a latent vector: each leads off in a direction of its own from where one stands. */

import { Faders, canvasOfFaders } from "../mixer/faders.js";
import { drawByPointer, playByKeys } from "../mixer/hand.js";
import { fillGaussian, norm, nudge } from "../vectors.js";

/** @import { VectorField } from "../types.d.ts" */

const COUNT = 12;
/** How far one step of a fader leads, in lengths of a typical vector. */
const STRIDE = 0.35;
/** Of the faders as they come, so that one sees that they can be up and down. */
const SPREAD = 0.7;
/** Radians to a neighbour. */
const NEAR = 0.35;

/** @typedef {{ base: Float32Array, directions: Float32Array[], values: Float32Array }} Place */

export class Latent {
  canvas = canvasOfFaders();
  #field;
  #moved;
  #faders = new Faders(this.canvas);
  /** @type {Place} */
  #place;

  /** @param {VectorField} field @param {() => void} moved */
  constructor(field, moved) {
    this.#field = field;
    this.#moved = moved;
    this.#place = this.#anywhere();
    Object.assign(this.#faders, { length: COUNT, count: COUNT });
    const session = {
      beginDrawing: () => {},
      draw: (/** @type {(values: Float32Array) => void} */ change) => change(this.#place.values),
      edit: (/** @type {(values: Float32Array) => void} */ change) => change(this.#place.values),
    };
    const player = {
      faders: this.#faders,
      vector: () => this.#place.values,
      session: /** @type {any} */ (session),
      moved: () => this.#changed(),
    };
    drawByPointer(this.canvas, player);
    playByKeys(this.canvas, player);
    new ResizeObserver(() => {
      this.#faders.resize();
      this.#faders.paint(this.#place.values);
    }).observe(this.canvas);
  }

  /** Where one stands; to be gone back to by `place = ...`. @returns {Place} */
  get place() {
    return { ...this.#place, values: this.#place.values.slice() };
  }

  set place(place) {
    this.#place = { ...place, values: place.values.slice() };
    this.#changed();
  }

  /** Somewhere else. */
  jump() {
    this.place = this.#anywhere();
  }

  /** A small step from here, with the faders as they are. */
  step() {
    const base = this.#place.base.slice();
    nudge(base, NEAR);
    this.place = { ...this.#place, base };
  }

  /** The numbers that are sent, as long as those of the place that one set out from. @returns {number[]} */
  vector() {
    const { base, directions, values } = this.#place;
    const mixed = base.slice();
    directions.forEach((direction, k) => {
      for (let i = 0; i < mixed.length; i++) mixed[i] += STRIDE * values[k] * direction[i];
    });
    const scale = norm(base) / (norm(mixed) || 1);
    return Array.from(mixed, (value) => Number((value * scale).toFixed(4)));
  }

  /** @returns {Place} */
  #anywhere() {
    const draw = () => {
      const vector = new Float32Array(this.#field.length);
      fillGaussian(vector, { mean: this.#field.samplingMean ?? 0, deviation: this.#field.samplingStd ?? 1 });
      return vector;
    };
    const directions = Array.from({ length: COUNT }, draw);
    const values = new Float32Array(COUNT);
    fillGaussian(values, { deviation: SPREAD });
    return { base: draw(), directions, values };
  }

  #changed() {
    const value = this.#place.values[this.#faders.cursor];
    this.canvas.setAttribute("aria-valuenow", value.toFixed(2));
    this.canvas.setAttribute("aria-valuetext", `fader ${this.#faders.cursor + 1}, ${value.toFixed(2)}`);
    this.#faders.paint(this.#place.values);
    this.#moved();
  }
}
