/** Places as text that people pass on: `seed, x, y`. */

/** @import { Place } from "../types.d.ts" */

/** @param {any} origin @returns {origin is Place} */
export const isPlace = (origin) => origin !== null && "field_seed" in origin;

/** @param {Place} place */
export function writePlace({ field_seed, x, y }) {
  return [field_seed, Number(x.toFixed(5)), Number(y.toFixed(5))].join(", ");
}

/** Read what `writePlace` writes; null for anything else. @param {string} text @returns {Place | null} */
export function parsePlace(text) {
  const numbers = text
    .split(/[\s,;]+/)
    .filter(Boolean)
    .map(Number);
  const [field_seed, x, y] = numbers;
  const isSeed = Number.isInteger(field_seed) && field_seed >= 0 && field_seed < 2 ** 32;
  if (numbers.length !== 3 || !isSeed || !Number.isFinite(x) || !Number.isFinite(y)) return null;
  return { field_seed, x, y };
}
