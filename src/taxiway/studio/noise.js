/**
 * One-dimensional value noise exactly as p5.js draws it (p5 calls it Perlin noise).
 *
 * A table of 4096 random numbers, cosine fades between neighbours, octaves of doubled frequency
 * and falling amplitude. p5's own `noiseSeed` generator fills the table, so that a seed gives the
 * same curve here and in a sketch.
 */

const TABLE_SIZE = 4096;

/**
 * @param {number} seed whole number, taken modulo 2^32
 * @returns {Float64Array} 4096 numbers, 0 to 1
 */
export function noiseTable(seed) {
  const table = new Float64Array(TABLE_SIZE);
  let state = seed >>> 0;
  for (let i = 0; i < TABLE_SIZE; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    table[i] = state / 4294967296;
  }
  return table;
}

/** @param {number} fraction 0 to 1 */
const fade = (fraction) => 0.5 * (1 - Math.cos(fraction * Math.PI));

/**
 * @param {Float64Array} table from `noiseTable`
 * @param {number} x
 * @param {number} [octaves]
 * @param {number} [falloff] amplitude of an octave relative to the one before
 * @returns {number} 0 to below 1
 */
export function noise(table, x, octaves = 5, falloff = 0.35) {
  let whole = Math.floor(Math.abs(x));
  let fraction = Math.abs(x) - whole;
  let amplitude = 0.5;
  let sum = 0;
  for (let octave = 0; octave < octaves; octave++) {
    const left = table[whole & (TABLE_SIZE - 1)];
    const right = table[(whole + 1) & (TABLE_SIZE - 1)];
    sum += amplitude * (left + fade(fraction) * (right - left));
    amplitude *= falloff;
    whole *= 2;
    fraction *= 2;
    if (fraction >= 1) {
      whole += 1;
      fraction -= 1;
    }
  }
  return sum;
}
