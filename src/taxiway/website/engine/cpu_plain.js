/** Operations of the processor's engine that go number by number. */

/**
 * @typedef {import("./cpu.js").Cpu} Cpu
 * @typedef {import("./cpu.js").Tensor} Tensor
 * @typedef {import("./cpu.js").Operation} Operation
 */

const [ALPHA, SCALE] = [1.6732632423543772, 1.0507009873554805]; // of selu (Klambauer et al. 2017)

/** @type {Record<string, (x: number) => number>} */
export const ACTIVATIONS = {
  lrelu: (x) => (x < 0 ? 0.2 * x : x),
  relu: (x) => (x < 0 ? 0 : x),
  tanh: Math.tanh,
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  elu: (x) => (x < 0 ? Math.expm1(x) : x),
  selu: (x) => SCALE * (x < 0 ? ALPHA * Math.expm1(x) : x),
  softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  swish: (x) => x / (1 + Math.exp(-x)),
};

/**
 * How far apart the numbers of a tensor are along each axis of a larger shape: 0 where it repeats.
 * @param {number[]} shape @param {number[]} whole
 */
export function strides(shape, whole) {
  const result = whole.map(() => 0);
  let apart = 1;
  for (let k = 1; k <= shape.length; k++) {
    const size = shape[shape.length - k];
    if (size > 1) result[whole.length - k] = apart;
    apart *= size;
  }
  return result;
}

/**
 * A shape with neighbouring axes joined wherever both tensors go on evenly.
 * @param {number[]} whole @param {number[]} a @param {number[]} b their strides
 */
function joined(whole, a, b) {
  /** @type {[number, number, number][]} */
  const axes = [];
  for (let k = whole.length - 1; k >= 0; k--) {
    const [size, sa, sb] = axes[0] ?? [1, 0, 0];
    if (axes.length && a[k] === sa * size && b[k] === sb * size) axes[0] = [size * whole[k], sa, sb];
    else if (axes.length === 0 || whole[k] > 1) axes.unshift([whole[k], a[k], b[k]]);
  }
  while (axes.length < 3) axes.unshift([1, 0, 0]);
  return axes;
}

/**
 * Two tensors, of which either may repeat along some axes.
 * @param {(f: Float32Array, n: number, o: number, a: number, sa: number, b: number, sb: number) => void} row
 * @returns {Operation}
 */
const binary = (row) => (cpu, step, first, second) => {
  const [from, other] = [cpu.start(first), cpu.start(second)];
  const result = cpu.empty(step.shape);
  const [a, b] = [strides(first.shape, step.shape), strides(second.shape, step.shape)];
  const [[planes, pa, pb], [rows, ra, rb], [count, sa, sb]] = joined(step.shape, a, b);
  let o = result.at >> 2;
  for (let p = 0; p < planes; p++) {
    for (let r = 0; r < rows; r++, o += count) {
      row(cpu.floats, count, o, from + p * pa + r * ra, sa, other + p * pb + r * rb, sb);
    }
  }
  return result;
};

const add = binary((f, n, o, a, sa, b, sb) => {
  if (sa === 1 && sb === 0) for (let i = 0, y = f[b]; i < n; i++) f[o + i] = f[a + i] + y;
  else for (let i = 0; i < n; i++) f[o + i] = f[a + i * sa] + f[b + i * sb];
});
const mul = binary((f, n, o, a, sa, b, sb) => {
  if (sa === 1 && sb === 0) for (let i = 0, y = f[b]; i < n; i++) f[o + i] = f[a + i] * y;
  else for (let i = 0; i < n; i++) f[o + i] = f[a + i * sa] * f[b + i * sb];
});
const div = binary((f, n, o, a, sa, b, sb) => {
  for (let i = 0; i < n; i++) f[o + i] = f[a + i * sa] / f[b + i * sb];
});

/**
 * Every number by itself.
 * @param {(step: import("./cpu.js").Step) => (x: number) => number} made
 * @returns {Operation}
 */
const each = (made) => (cpu, step, x) => {
  const [change, from] = [made(step), cpu.start(x)];
  const result = cpu.empty(step.shape);
  const [f, o] = [cpu.floats, result.at >> 2];
  for (let i = 0; i < x.size; i++) f[o + i] = change(f[from + i]);
  return result;
};

/** Its own loop: it is what most activations are. @type {Operation} */
function lrelu(cpu, step, x) {
  const from = cpu.start(x);
  const result = cpu.empty(step.shape);
  const [f, o] = [cpu.floats, result.at >> 2];
  for (let i = 0; i < x.size; i++) {
    const value = f[from + i];
    f[o + i] = value < 0 ? 0.2 * value : value;
  }
  return result;
}

/** @type {Operation} */
function clamp(cpu, step, x) {
  const [from, limit] = [cpu.start(x), step.limit];
  const result = cpu.empty(step.shape);
  const [f, o] = [cpu.floats, result.at >> 2];
  for (let i = 0; i < x.size; i++) {
    const value = f[from + i];
    f[o + i] = value > limit ? limit : value < -limit ? -limit : value;
  }
  return result;
}

/**
 * One number for each row along an axis.
 * @param {(f: Float32Array, start: number, count: number, apart: number) => number} told
 * @returns {Operation}
 */
const along = (told) => (cpu, step, x) => {
  const from = cpu.start(x);
  const result = cpu.empty(step.shape);
  const count = x.shape[step.axis];
  const apart = x.shape.slice(step.axis + 1).reduce((all, size) => all * size, 1);
  const o = result.at >> 2;
  for (let i = 0; i < result.size; i++) {
    const start = from + Math.floor(i / apart) * apart * count + (i % apart);
    cpu.floats[o + i] = told(cpu.floats, start, count, apart);
  }
  return result;
};

const mean = along((f, start, count, apart) => {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += f[start + i * apart];
  return sum / count;
});
const largest = along((f, start, count, apart) => {
  let most = 0;
  for (let i = 0; i < count; i++) most = Math.max(most, Math.abs(f[start + i * apart]));
  return most;
});

/** @type {Operation} */
function part(cpu, step, x) {
  const from = cpu.start(x) + step.start;
  const result = cpu.empty(step.shape);
  cpu.floats.copyWithin(result.at >> 2, from, from + result.size);
  return result;
}

/** @type {Operation} */
function concat(cpu, step, ...parts) {
  const result = cpu.empty(step.shape);
  let o = result.at >> 2;
  for (const each of parts) {
    const from = cpu.start(each);
    cpu.floats.copyWithin(o, from, from + each.size);
    o += each.size;
  }
  return result;
}

/** @type {Operation} */
function gather(cpu, step, x, places) {
  const [from, spots] = [cpu.start(x), cpu.start(places)];
  const result = cpu.empty(step.shape);
  const [f, plane] = [cpu.floats, x.shape[2] * x.shape[3]];
  let o = result.at >> 2;
  for (let c = 0; c < x.shape[1]; c++) {
    for (let i = 0; i < places.size; i++) f[o++] = f[from + c * plane + f[spots + i]];
  }
  return result;
}

/** @type {Operation} */
function shuffle(cpu, step, x) {
  const from = cpu.start(x);
  const result = cpu.empty(step.shape);
  const [f, high, wide] = [cpu.floats, x.shape[2], x.shape[3]];
  for (let c = 0; c < x.shape[1]; c++) {
    const corner = ((c >> 2) * 2 * high + ((c >> 1) & 1)) * 2 * wide + (c & 1);
    for (let y = 0; y < high; y++) {
      const [a, o] = [from + (c * high + y) * wide, (result.at >> 2) + corner + y * 4 * wide];
      for (let i = 0; i < wide; i++) f[o + 2 * i] = f[a + i];
    }
  }
  return result;
}

/** @type {Operation} */
function instanceNorm(cpu, step, x) {
  const from = cpu.start(x);
  const result = cpu.empty(step.shape);
  const [f, plane] = [cpu.floats, x.shape[2] * x.shape[3]];
  for (let c = 0; c < x.shape[1]; c++) {
    const [a, o] = [from + c * plane, (result.at >> 2) + c * plane];
    let [sum, squares] = [0, 0];
    for (let i = 0; i < plane; i++) sum += f[a + i];
    const middle = sum / plane;
    for (let i = 0; i < plane; i++) squares += (f[a + i] - middle) ** 2;
    const factor = 1 / Math.sqrt(squares / plane + step.epsilon);
    for (let i = 0; i < plane; i++) f[o + i] = (f[a + i] - middle) * factor;
  }
  return result;
}

/** x [1, C, H, W] filtered with a kernel [k, k], every down-th place. @type {Operation} */
function planeFilter(cpu, step, x, kernel) {
  const [from, taps] = [cpu.start(x), cpu.start(kernel)];
  const result = cpu.empty(step.shape);
  const [, channels, high, wide] = step.shape;
  const [f, side, down, width] = [cpu.floats, kernel.shape[0], step.down, x.shape[3]];
  let o = result.at >> 2;
  for (let c = 0; c < channels; c++) {
    for (let y = 0; y < high; y++) {
      for (let i = 0; i < wide; i++) {
        let a = from + (c * x.shape[2] + y * down) * width + i * down;
        let sum = 0;
        for (let t = 0; t < side; t++, a += width) {
          for (let u = 0; u < side; u++) sum += f[taps + t * side + u] * f[a + u];
        }
        f[o++] = sum;
      }
    }
  }
  return result;
}

/** @type {Record<string, Operation>} */
export const PLAIN = {
  add,
  mul,
  div,
  clamp,
  mean,
  largest,
  part,
  concat,
  gather,
  shuffle,
  instance_norm: instanceNorm,
  plane_filter: planeFilter,
  power: each((step) => (step.exponent === -0.5 ? (x) => 1 / Math.sqrt(x) : (x) => x ** step.exponent)),
  sin: each(() => Math.sin),
  activation: (cpu, step, x) =>
    step.name === "lrelu" ? lrelu(cpu, step, x) : each(() => ACTIVATIONS[step.name])(cpu, step, x),
  levels: each(() => (x) => Math.floor(Math.min(Math.max(x * 127.5 + 128, 0), 255))),
};
