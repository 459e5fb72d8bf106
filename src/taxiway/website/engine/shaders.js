/** What a GPU runs for each operation: WGSL, with the shapes of the step written into it. */

import { strides } from "./cpu_plain.js";

/**
 * @typedef {import("./gpu.js").Gpu} Gpu
 * @typedef {import("./gpu.js").Tensor} Tensor
 * @typedef {import("./program.js").Step} Step
 * @typedef {{ body: string, helpers?: string, threads?: number, read?: GPUBuffer[],
 *   vectors?: boolean }} Written `body` gives number i of the result. With `vectors` it writes by
 *   itself, and the second buffer is of vec4
 */

/** @type {Record<string, string>} */
const ACTIVATIONS = {
  lrelu: "select(x, 0.2 * x, x < 0.0)",
  relu: "max(x, 0.0)",
  tanh: "tanh(clamp(x, -20.0, 20.0))",
  sigmoid: "1.0 / (1.0 + exp(-x))",
  elu: "select(x, exp(x) - 1.0, x < 0.0)",
  selu: "1.0507009873554805 * select(x, 1.6732632423543772 * (exp(x) - 1.0), x < 0.0)",
  softplus: "max(x, 0.0) + log(1.0 + exp(-abs(x)))",
  swish: "x / (1.0 + exp(-x))",
};

/** A number as WGSL writes it. @param {number} value */
const f = (value) => (Number.isInteger(value) ? `${value}.0` : `${value}`);

/**
 * Where number i of a step's result is read in a tensor that may repeat.
 * @param {number[]} shape @param {number[]} whole
 */
function place(shape, whole) {
  let apart = 1;
  const terms = [];
  const steps = strides(shape, whole);
  for (let k = whole.length - 1; k >= 0; k--) {
    if (steps[k]) terms.push(`(i / ${apart}u % ${whole[k]}u) * ${steps[k]}u`);
    apart *= whole[k];
  }
  return terms.join(" + ") || "0u";
}

/** @param {(a: string, b: string) => string} made */
const binary = (made) => (/** @type {Step} */ step, /** @type {Tensor[]} */ [x, y]) => ({
  body: `return ${made(`a[${place(x.shape, step.shape)}]`, `b[${place(y.shape, step.shape)}]`)};`,
});

/** @param {(step: Step) => string} made of x */
const each = (made) => (/** @type {Step} */ step) => ({
  body: `let x = a[i]; return ${made(step)};`,
});

/** @param {string} first @param {string} next @param {(sum: string, count: number) => string} last */
const along = (first, next, last) => (/** @type {Step} */ step, /** @type {Tensor[]} */ [x]) => {
  const count = x.shape[step.axis];
  const apart = x.shape.slice(step.axis + 1).reduce((all, size) => all * size, 1);
  return {
    body: `
      var sum = ${first};
      let start = i / ${apart}u * ${apart * count}u + i % ${apart}u;
      for (var k = 0u; k < ${count}u; k++) { let x = a[start + k * ${apart}u]; sum = ${next}; }
      return ${last("sum", count)};`,
  };
};

/**
 * Weights as groups of four outputs, [groups][in][taps] of vec4.
 * @param {Gpu} gpu @param {Tensor} weight @param {boolean} isUp [in, out, ..] and not [out, in, ..]
 */
function packed(gpu, weight, isUp) {
  if (weight.packed) return weight.packed;
  const values = /** @type {Float32Array} */ (weight.values);
  const [outputs, inputs] = isUp ? [weight.shape[1], weight.shape[0]] : weight.shape;
  const taps = weight.shape[2] * weight.shape[3];
  const groups = Math.ceil(outputs / 4);
  const result = new Float32Array(groups * inputs * taps * 4);
  for (let at = 0; at < result.length; at++) {
    const tap = (at >> 2) % taps;
    const rest = Math.floor((at >> 2) / taps);
    const [c, o] = [rest % inputs, Math.floor(rest / inputs) * 4 + (at & 3)];
    const row = isUp ? c * outputs + o : o * inputs + c;
    result[at] = o < outputs ? values[row * taps + tap] : 0;
  }
  weight.packed = gpu.kept(result);
  return weight.packed;
}

/**
 * Both convolutions: `inner` adds up, for one place and four outputs.
 * @param {Step} step @param {Gpu} gpu @param {Tensor[]} of @param {boolean} isUp @param {string} inner
 * @returns {Written}
 */
function convolution(step, gpu, [x, weight], isUp, inner) {
  const [, outputs, high, wide] = step.shape;
  const [inputs, h, w] = x.shape.slice(1);
  const side = weight.shape[2];
  return {
    vectors: true,
    read: [x.buffer, packed(gpu, weight, isUp)],
    threads: Math.ceil(outputs / 4) * high * wide,
    body: `
      let p = i % ${high * wide}u;
      let group = i / ${high * wide}u;
      let y = i32(p / ${wide}u);
      let x = i32(p % ${wide}u);
      var sum = vec4<f32>();
      for (var c = 0u; c < ${inputs}u; c++) {
        let plane = c * ${h * w}u;
        let row = (group * ${inputs}u + c) * ${side * side}u;
        ${inner}
      }
      for (var k = 0u; k < 4u; k++) {
        if (group * 4u + k < ${outputs}u) { result[(group * 4u + k) * ${high * wide}u + p] = sum[k]; }
      }`,
  };
}

/** @param {number} h @param {number} w @param {string} row @param {string} column */
const sampled = (h, w, row, column) => `
  let r = ${row};
  let s = ${column};
  if (r < 0 || r >= ${h} || s < 0 || s >= ${w}) { continue; }
  let value = a[plane + u32(r * ${w} + s)];`;

/** @type {Record<string, (step: Step, of: Tensor[], gpu: Gpu) => Written>} */
const WRITTEN = {
  add: binary((x, y) => `${x} + ${y}`),
  mul: binary((x, y) => `${x} * ${y}`),
  div: binary((x, y) => `${x} / ${y}`),
  power: each(({ exponent }) =>
    exponent === -0.5 ? "inverseSqrt(x)" : exponent === 0.5 ? "sqrt(x)" : `pow(x, ${f(exponent)})`,
  ),
  activation: each(({ name }) => ACTIVATIONS[name]),
  clamp: each(({ limit }) => `clamp(x, ${f(-limit)}, ${f(limit)})`),
  // GPUs are exact within half a turn only.
  sin: each(() => "sin(x - 6.283185307179586 * round(x / 6.283185307179586))"),
  levels: each(() => "floor(clamp(x * 127.5 + 128.0, 0.0, 255.0))"),
  mean: along("0.0", "sum + x", (sum, count) => `${sum} / ${f(count)}`),
  largest: along("0.0", "max(sum, abs(x))", (sum) => sum),
  part: (step) => ({ body: `return a[i + ${step.start}u];` }),
  concat: (_, [x]) => ({
    body: `if (i < ${x.size}u) { return a[i]; } return b[i - ${x.size}u];`,
  }),
  matmul: (_, [, y]) => {
    const [count, wide] = y.shape;
    return {
      body: `
        var sum = 0.0;
        let row = i / ${wide}u * ${count}u;
        for (var k = 0u; k < ${count}u; k++) { sum += a[row + k] * b[k * ${wide}u + i % ${wide}u]; }
        return sum;`,
    };
  },
  gather: (_, [x, places]) => ({
    body: `return a[i / ${places.size}u * ${x.shape[2] * x.shape[3]}u + u32(b[i % ${places.size}u])];`,
  }),
  shuffle: (_, [x]) => {
    const [h, w] = x.shape.slice(2);
    return {
      body: `
        let y = i / ${2 * w}u % ${2 * h}u;
        let x = i % ${2 * w}u;
        let c = i / ${4 * h * w}u * 4u + y % 2u * 2u + x % 2u;
        return a[(c * ${h}u + y / 2u) * ${w}u + x / 2u];`,
    };
  },
  conv: (step, of, gpu) => {
    const [side, h, w] = [of[1].shape[2], of[0].shape[2], of[0].shape[3]];
    const inner = `
      for (var t = 0; t < ${side}; t++) { for (var u = 0; u < ${side}; u++) {
        ${sampled(h, w, `y * ${step.stride} + t - ${step.padding}`, `x * ${step.stride} + u - ${step.padding}`)}
        sum += value * b[row + u32(t * ${side} + u)];
      } }`;
    return convolution(step, gpu, of, false, inner);
  },
  up_conv: (step, of, gpu) => {
    const [side, h, w] = [of[1].shape[2], of[0].shape[2], of[0].shape[3]];
    const inner = `
      for (var t = (y + ${step.padding}) & 1; t < ${side}; t += 2) {
        for (var u = (x + ${step.padding}) & 1; u < ${side}; u += 2) {
          ${sampled(h, w, `(y + ${step.padding} - t) >> 1`, `(x + ${step.padding} - u) >> 1`)}
          sum += value * b[row + u32(t * ${side} + u)];
      } }`;
    return convolution(step, gpu, of, true, inner);
  },
  instance_norm: (step, [x]) => {
    const plane = x.shape[2] * x.shape[3];
    return {
      threads: x.shape[1],
      vectors: true,
      body: `
        let start = i * ${plane}u;
        var sum = 0.0;
        for (var k = 0u; k < ${plane}u; k++) { sum += a[start + k]; }
        let middle = sum / ${f(plane)};
        var squares = 0.0;
        for (var k = 0u; k < ${plane}u; k++) { let d = a[start + k] - middle; squares += d * d; }
        let factor = inverseSqrt(squares / ${f(plane)} + ${f(step.epsilon)});
        for (var k = 0u; k < ${plane}u; k++) { result[start + k] = (a[start + k] - middle) * factor; }`,
    };
  },
  resample: (step, [x]) => {
    const apart = step.axis === 2 ? x.shape[3] : 1;
    const [count, wanted, taps] = [x.shape[step.axis], step.shape[step.axis], step.taps.length];
    return {
      helpers: `const TAPS = array<f32, ${taps}>(${step.taps.map(f).join(", ")});`,
      body: `
        var taps = TAPS;
        let start = i32(i / ${apart}u % ${wanted}u) * ${step.down} + (${step.start});
        let begin = i / ${apart * wanted}u * ${apart * count}u + i % ${apart}u;
        let first = max((start + ${step.up - 1}) / ${step.up}, 0);
        var sum = 0.0;
        for (var k = first; k < ${count}; k++) {
          let tap = k * ${step.up} - start;
          if (tap >= ${taps}) { break; }
          sum += taps[tap] * a[begin + u32(k) * ${apart}u];
        }
        return sum;`,
    };
  },
  plane_filter: (step, [x, kernel]) => {
    const [, , high, wide] = step.shape;
    const [, , h, w] = x.shape;
    const side = kernel.shape[0];
    return {
      body: `
        let y = i / ${wide}u % ${high}u * ${step.down}u;
        let x = i % ${wide}u * ${step.down}u;
        let begin = i / ${high * wide}u * ${h * w}u + y * ${w}u + x;
        var sum = 0.0;
        for (var t = 0u; t < ${side}u; t++) { for (var u = 0u; u < ${side}u; u++) {
          sum += b[t * ${side}u + u] * a[begin + t * ${w}u + u];
        } }
        return sum;`,
    };
  },
};

/**
 * @param {Step} step @param {Tensor[]} of what it reads @param {Gpu} gpu
 * @returns {{ code: (row: number, group: number) => string, threads: number, read: GPUBuffer[] }}
 *   `row` is the number of threads along the first axis of the call
 */
export function shader(step, of, gpu) {
  const made = WRITTEN[step.op](step, of, gpu);
  const read = made.read ?? of.map((tensor) => tensor.buffer);
  const size = step.shape.reduce((all, each) => all * each, 1);
  const threads = made.threads ?? size;
  const kinds = read.map((_, k) => (made.vectors && k ? "vec4<f32>" : "f32"));
  const declared = kinds.map(
    (kind, k) => `@group(0) @binding(${k}) var<storage, read> ${"ab"[k]}: array<${kind}>;`,
  );
  const value = made.vectors
    ? `fn write(i: u32) { ${made.body} }`
    : `fn value(i: u32) -> f32 { ${made.body} }\nfn write(i: u32) { result[i] = value(i); }`;
  const code = (/** @type {number} */ row, /** @type {number} */ group) => `
    ${declared.join("\n")}
    @group(0) @binding(${read.length}) var<storage, read_write> result: array<f32>;
    ${made.helpers ?? ""}
    ${value}
    @compute @workgroup_size(${group})
    fn main(@builtin(global_invocation_id) id: vec3<u32>) {
      let i = id.x + id.y * ${row}u;
      if (i < ${threads}u) { write(i); }
    }`;
  return { code, threads, read };
}
