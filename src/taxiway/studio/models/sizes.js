/** Sizes of files in words. */

import { number } from "../words.js";

/** @param {number} bytes */
export function sizeOf(bytes) {
  if (bytes >= 1e9) return `${number(bytes / 1e9, 1)} GB`;
  if (bytes < 1e5) return `${number(bytes / 1e3, 0)} kB`;
  return `${number(bytes / 1e6, bytes < 1e8 ? 1 : 0)} MB`;
}
