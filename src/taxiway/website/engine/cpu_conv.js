/** Convolutions of the processor's engine, all by one kernel that adds up moved planes. */

/**
 * @typedef {import("./cpu.js").Cpu} Cpu
 * @typedef {import("./cpu.js").Tensor} Tensor
 * @typedef {import("./cpu.js").Operation} Operation
 * @typedef {{ at: number, offsets: number, taps: number }} Packed weights and offsets, in bytes
 */

/** Bytes of what is read at once that stay in a core's own memory. */
const NEAR = 200_000;
/** What was packed of a constant, for each use. @type {WeakMap<Tensor, Map<string, Packed>>} */
const PACKED = new WeakMap();

/**
 * A copy of x [1, C, h, w] with zeros around: where it is, how many numbers it has, how many each
 * plane and row, and where from a place on the tap of a row and a column is.
 * @param {Cpu} cpu @param {Tensor} x @param {number} zeros
 */
function padded(cpu, x, zeros) {
  const [, channels, high, wide] = x.shape;
  const [ph, pw] = [high + 2 * zeros, wide + 2 * zeros];
  const size = channels * ph * pw;
  const from = cpu.start(x);
  const at = cpu.room(size);
  const f = cpu.floats;
  f.fill(0, at >> 2, (at >> 2) + size);
  for (let c = 0; c < channels; c++) {
    for (let y = 0; y < high; y++) {
      const start = from + (c * high + y) * wide;
      f.copyWithin((at >> 2) + (c * ph + y + zeros) * pw + zeros, start, start + wide);
    }
  }
  const offset = (/** @type {number} */ i, /** @type {number} */ j) => i * pw + j;
  return { at, size, plane: ph * pw, pw, offset };
}

/**
 * The same for stride 2, where each row and column of the taps reads every other row and column:
 * each plane as its four quarters.
 * @param {Cpu} cpu @param {Tensor} x @param {number} zeros
 * @returns {ReturnType<typeof padded>}
 */
function quartered(cpu, x, zeros) {
  const whole = padded(cpu, x, zeros);
  const [channels, ph] = [x.shape[1], whole.plane / whole.pw];
  const [qh, qw] = [(ph + 1) >> 1, (whole.pw + 1) >> 1];
  const size = 4 * channels * qh * qw;
  const at = cpu.room(size);
  const f = cpu.floats;
  for (let c = 0; c < channels; c++) {
    for (let y = 0; y < ph; y++) {
      const from = (whole.at >> 2) + (c * ph + y) * whole.pw;
      const row = (at >> 2) + ((c * 4 + 2 * (y & 1)) * qh + (y >> 1)) * qw;
      for (let i = 0; i < whole.pw; i++) f[row + (i & 1) * qh * qw + (i >> 1)] = f[from + i];
    }
  }
  cpu.leave(whole.at, whole.size);
  const offset = (/** @type {number} */ i, /** @type {number} */ j) =>
    (2 * (i & 1) + (j & 1)) * qh * qw + (i >> 1) * qw + (j >> 1);
  return { at, size, plane: 4 * qh * qw, pw: qw, offset };
}

/**
 * Weights as the kernel reads them: groups of four outputs, [groups][in][taps][4].
 * @param {Cpu} cpu
 * @param {Tensor} weight a constant
 * @param {string} use
 * @param {number} outputs
 * @param {number} inputs
 * @param {[number, (o: number, c: number) => number][]} taps offset in numbers, place of a weight
 * @returns {Packed}
 */
function packed(cpu, weight, use, outputs, inputs, taps) {
  const known = PACKED.get(weight) ?? new Map();
  PACKED.set(weight, known);
  const found = known.get(use);
  if (found) return found;
  const values = /** @type {Float32Array} */ (weight.values);
  const groups = Math.ceil(outputs / 4);
  const at = cpu.room(groups * inputs * taps.length * 4);
  const offsets = cpu.room(taps.length);
  let o = at >> 2;
  for (let group = 0; group < groups; group++) {
    for (let c = 0; c < inputs; c++) {
      for (const [, place] of taps) {
        for (let k = 4 * group; k < 4 * group + 4; k++) {
          cpu.floats[o++] = k < outputs ? values[place(k, c)] : 0;
        }
      }
    }
  }
  new Int32Array(cpu.floats.buffer, offsets, taps.length).set(taps.map(([offset]) => 4 * offset));
  const made = { at, offsets, taps: taps.length };
  known.set(use, made);
  return made;
}

/**
 * What the kernel gives for `count` places from the start of a plane on, [outputs][count].
 * @param {Cpu} cpu
 * @param {number} x the byte of the first plane
 * @param {number} plane numbers of each
 * @param {number} inputs
 * @param {Packed} weights
 * @param {number} outputs
 * @param {number} count
 */
function summed(cpu, x, plane, inputs, weights, outputs, count) {
  const rows = (count + 7) & ~7;
  const room = ((outputs + 3) & ~3) * rows;
  const at = cpu.room(room);
  const strip = Math.max(8, Math.floor(NEAR / 4 / inputs) & ~7);
  for (let p = 0; p < count; p += strip) {
    const many = Math.min(strip, rows - p);
    cpu.kernels.conv(
      x + 4 * p, 4 * plane, inputs, weights.offsets, weights.taps, weights.at,
      at + 4 * p, 4 * rows, outputs, many,
    ); // prettier-ignore
  }
  return { at, rows, room };
}

/** @type {Operation} */
export function conv(cpu, step, x, weight) {
  const [outputs, inputs, side] = weight.shape;
  const [, , high, wide] = step.shape;
  const result = cpu.empty(step.shape);
  const source = (step.stride > 1 ? quartered : padded)(cpu, x, step.padding);
  const { at, size, plane, pw, offset } = source;
  /** @type {[number, (o: number, c: number) => number][]} */
  const taps = [];
  for (let i = 0; i < side; i++) {
    for (let j = 0; j < side; j++) {
      taps.push([offset(i, j), (o, c) => ((o * inputs + c) * side + i) * side + j]);
    }
  }
  const weights = packed(cpu, weight, `conv ${pw}`, outputs, inputs, taps);
  const sums = summed(cpu, at, plane, inputs, weights, outputs, (high - 1) * pw + wide);
  const [f, from, o] = [cpu.floats, sums.at >> 2, result.at >> 2];
  for (let c = 0; c < outputs; c++) {
    for (let y = 0; y < high; y++) {
      const start = from + c * sums.rows + y * pw;
      f.copyWithin(o + (c * high + y) * wide, start, start + wide);
    }
  }
  cpu.leave(sums.at, sums.room);
  cpu.leave(at, size);
  return result;
}

/** Transposed, of stride 2: one convolution for each of the four places of a pixel. @type {Operation} */
export function upConv(cpu, step, x, weight) {
  const [inputs, outputs, side] = weight.shape;
  const [, , high, wide] = step.shape;
  const zeros = (side - 1) >> 1;
  const result = cpu.empty(step.shape);
  const { at, size, plane, pw } = padded(cpu, x, zeros);
  for (let a = 0; a < 2; a++) {
    for (let b = 0; b < 2; b++) {
      /** @type {[number, (o: number, c: number) => number][]} */
      const taps = [];
      for (let i = a; i < side; i += 2) {
        for (let j = b; j < side; j += 2) {
          const offset = (zeros - ((i - a) >> 1)) * pw + zeros - ((j - b) >> 1);
          taps.push([offset, (o, c) => ((c * outputs + o) * side + i) * side + j]);
        }
      }
      if (!taps.length) continue;
      const [rows, columns] = [a, b].map(
        (odd, axis) => x.shape[2 + axis] + ((side - 1 - odd) >> 1),
      );
      const weights = packed(cpu, weight, `up ${pw} ${a}${b}`, outputs, inputs, taps);
      const count = (rows - 1) * pw + columns;
      const sums = summed(cpu, at, plane, inputs, weights, outputs, count);
      const f = cpu.floats;
      for (let c = 0; c < outputs; c++) {
        for (let m = 0; m < rows; m++) {
          const y = 2 * m + a - step.padding;
          if (y < 0 || y >= high) continue;
          const from = (sums.at >> 2) + c * sums.rows + m * pw;
          const o = (result.at >> 2) + (c * high + y) * wide + b - step.padding;
          for (let n = 0; n < columns; n++) {
            const place = 2 * n + b - step.padding;
            if (place >= 0 && place < wide) f[o + 2 * n] = f[from + n];
          }
        }
      }
      cpu.leave(sums.at, sums.room);
    }
  }
  cpu.leave(at, size);
  return result;
}

/** Rows [.., K] times a constant [K, N], for which the rows are weights. @type {Operation} */
export function matmul(cpu, step, a, b) {
  const [inputs, places] = b.shape;
  const rows = a.size / inputs;
  const [x, from] = [4 * cpu.start(b), cpu.start(a)];
  const result = cpu.empty(step.shape);
  const groups = Math.ceil(rows / 4);
  const [at, offsets] = [cpu.room(groups * inputs * 4), cpu.room(1)];
  const [f, w] = [cpu.floats, at >> 2];
  f[offsets >> 2] = 0;
  for (let i = 0; i < groups * inputs * 4; i++) {
    const [row, k] = [4 * Math.floor(i / 4 / inputs) + (i % 4), Math.floor(i / 4) % inputs];
    f[w + i] = row < rows ? f[from + row * inputs + k] : 0;
  }
  const sums = summed(cpu, x, places, inputs, { at, offsets, taps: 1 }, rows, places);
  for (let row = 0; row < rows; row++) {
    const start = (sums.at >> 2) + row * sums.rows;
    cpu.floats.copyWithin((result.at >> 2) + row * places, start, start + places);
  }
  cpu.leave(sums.at, sums.room);
  cpu.leave(at, groups * inputs * 4);
  cpu.leave(offsets, 1);
  return result;
}
