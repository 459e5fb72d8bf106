/** Arithmetic on latent vectors (Float32Array): fills, length, steps along the Gaussian shell. */

import { noise, noiseTable } from "./noise.js";

/** @typedef {() => number} Random a number from 0 to below 1 */

/**
 * One normally distributed number (Box and Muller).
 * @param {Random} [random]
 */
export function gaussian(random = Math.random) {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/**
 * @param {Float32Array} vector filled in place
 * @param {{ mean?: number, deviation?: number }} [sampling] as the model's declaration says
 */
export function fillGaussian(vector, { mean = 0, deviation = 1 } = {}) {
  for (let i = 0; i < vector.length; i++) vector[i] = mean + deviation * gaussian();
}

/**
 * The Perlin button of the old mixing console: 2 noise(0.09 i) - 1.
 * @param {Float32Array} vector filled in place
 * @param {number} seed
 */
export function fillNoise(vector, seed) {
  const table = noiseTable(seed);
  for (let i = 0; i < vector.length; i++) vector[i] = 2 * noise(table, 0.09 * i) - 1;
}

/**
 * A small step to a neighbour that stays at the same distance from zero:
 * cos(angle) z + sin(angle) n, with n random and as long as z (of typical length where z is zero).
 * @param {Float32Array} vector changed in place
 * @param {number} angle radians
 */
export function nudge(vector, angle) {
  const length = norm(vector) || Math.sqrt(vector.length);
  const step = new Float32Array(vector.length);
  fillGaussian(step);
  const scale = length / norm(step);
  for (let i = 0; i < vector.length; i++) {
    vector[i] = Math.cos(angle) * vector[i] + Math.sin(angle) * scale * step[i];
  }
}

/** Euclidean length. @param {Float32Array} vector */
export function norm(vector) {
  let sum = 0;
  for (const value of vector) sum += value * value;
  return Math.sqrt(sum);
}
