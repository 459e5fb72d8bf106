/** Drawing across faders: what a pointer's way means for the numbers. */

/** @typedef {{ index: number, value: number }} Point */

/**
 * Set every fader from one point to the next on the straight line between them, to the right as
 * to the left, so that a fast drag leaves no gaps.
 * @param {Float32Array} vector changed in place
 * @param {Point} from
 * @param {Point} to
 */
export function strokeTo(vector, from, to) {
  const distance = Math.abs(to.index - from.index);
  const direction = Math.sign(to.index - from.index);
  for (let step = 0; step <= distance; step++) {
    const part = distance ? step / distance : 1;
    vector[from.index + direction * step] = from.value + (to.value - from.value) * part;
  }
}
