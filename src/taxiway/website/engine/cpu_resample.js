/** Filters along one axis, with samples put in between or left out. */

/**
 * @typedef {import("./cpu.js").Cpu} Cpu
 * @typedef {import("./cpu.js").Tensor} Tensor
 * @typedef {import("./cpu.js").Operation} Operation
 */

/** @type {Operation} */
export function resample(cpu, step, x) {
  return step.axis === 2 ? down(cpu, step, x) : across(cpu, step, x);
}

/**
 * For each place of the result, the first tap that meets a sample, and that sample.
 * @param {any} step @param {number} wanted places
 * @returns {[number, number][]}
 */
function meetings(step, wanted) {
  return Array.from({ length: wanted }, (_, place) => {
    const start = place * step.down + step.start;
    const first = Math.max(Math.ceil(start / step.up), 0);
    return [first * step.up - start, first];
  });
}

/** @type {Operation} */
function down(cpu, step, x) {
  const [, channels, high, wide] = x.shape;
  const [from, rows] = [cpu.start(x), step.shape[2]];
  const result = cpu.empty(step.shape);
  const [f, met, taps] = [cpu.floats, meetings(step, rows), step.taps];
  for (let c = 0; c < channels; c++) {
    for (let y = 0; y < rows; y++) {
      const o = (result.at >> 2) + (c * rows + y) * wide;
      f.fill(0, o, o + wide);
      let [tap, sample] = met[y];
      for (; tap < taps.length && sample < high; tap += step.up, sample++) {
        const [weight, a] = [taps[tap], from + (c * high + sample) * wide];
        for (let i = 0; i < wide; i++) f[o + i] += weight * f[a + i];
      }
    }
  }
  return result;
}

/** @type {Operation} */
function across(cpu, step, x) {
  const wide = x.shape[3];
  const [from, columns, lines] = [cpu.start(x), step.shape[3], x.size / wide];
  const result = cpu.empty(step.shape);
  const [f, met, taps] = [cpu.floats, meetings(step, columns), step.taps];
  let o = result.at >> 2;
  for (let line = 0; line < lines; line++) {
    const a = from + line * wide;
    for (let place = 0; place < columns; place++) {
      let [tap, sample] = met[place];
      let sum = 0;
      for (; tap < taps.length && sample < wide; tap += step.up, sample++) {
        sum += taps[tap] * f[a + sample];
      }
      f[o++] = sum;
    }
  }
  return result;
}
