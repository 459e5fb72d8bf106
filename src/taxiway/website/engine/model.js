/** A generator in the browser: z, a seed or w in, a picture out. */

import { Cpu } from "./cpu.js";
import { Gpu } from "./gpu.js";
import { constant, Program } from "./program.js";
import { zOfSeed } from "./seed.js";

/**
 * @typedef {{
 *   z?: ArrayLike<number>, seed?: number, ws?: ArrayLike<number>, preset?: number,
 *   truncation?: number, label?: number, [direction: string]: any,
 * }} Inputs what a picture is made of: one of z, seed, ws [num_ws * w_dim] and the number of a
 *   preset, and steps along directions by their names
 * @typedef {{ pixels: Uint8ClampedArray, width: number, height: number }} Picture RGBA, row by row
 */

/** The truncation of whoever says nothing. */
const USUAL = 0.8;

export class Model {
  /**
   * @param {any} about what model.json says
   * @param {ArrayBuffer} block the numbers in model.bin
   * @param {Cpu} cpu
   * @param {Gpu | null} gpu
   */
  constructor(about, block, cpu, gpu) {
    this.about = about;
    this.block = block;
    this.cpu = cpu;
    this.mapping = this.program("mapping", cpu);
    /** What each preset is made of: z or ws, and the truncation and label of its own. @type {Inputs[]} */
    this.presets = about.presets.map((/** @type {any} */ { given: { z, ws, ...own } }) => ({
      ...own,
      ...(z && { z: this.numbers(z) }),
      ...(ws && { ws: this.numbers(ws) }),
    }));
    this.use(gpu ?? cpu);
  }

  /**
   * @param {string} base the address of the folder
   * @param {"auto" | "gpu" | "cpu"} wanted
   * @param {(done: number) => void} told how much is here, 0 to 1
   */
  static async load(base, wanted = "auto", told = () => {}) {
    const about = await (await fetched(`${base}model.json`)).json();
    const kernels = await (await fetched(`${base}engine/kernels.wasm`)).arrayBuffer();
    const block = await loaded(await fetched(`${base}model.bin`), about.bytes, told);
    return Model.made(about, block, kernels, wanted);
  }

  /**
   * A model that is here already.
   * @param {any} about @param {ArrayBuffer} block @param {ArrayBuffer} kernels WebAssembly
   * @param {"auto" | "gpu" | "cpu"} wanted
   */
  static async made(about, block, kernels, wanted = "auto") {
    const cpu = await Cpu.made(kernels);
    if (!["auto", "gpu", "cpu"].includes(wanted)) {
      throw new Error(`'engine' is "auto", "gpu" or "cpu", got ${JSON.stringify(wanted)}.`);
    }
    const gpu = wanted === "cpu" ? null : await Gpu.made(wanted === "gpu").catch(() => null);
    if (wanted === "gpu" && !gpu) throw new Error("This browser gives pages no GPU.");
    return new Model(about, block, cpu, gpu);
  }

  /** @param {import("./program.js").Engine & { name: string }} engine */
  use(engine) {
    this.engine = engine;
    this.synthesis = this.program("synthesis", engine);
  }

  /** @param {"mapping" | "synthesis"} name @param {import("./program.js").Engine} engine */
  program(name, engine) {
    return new Program(this.about[name], engine, (step) => constant(this.block, step));
  }

  /** The numbers of an entry of model.json. @param {any} entry */
  numbers(entry) {
    return constant(this.block, entry);
  }

  /** @param {Inputs} inputs @returns {Promise<Float32Array>} ws [num_ws * w_dim], truncated */
  async ws(inputs) {
    const { num_ws: rows, w_dim: width } = this.about;
    if (inputs.ws) return sized(inputs.ws, rows * width, "ws");
    const { w } = await this.mapping.run({ z: this.z(inputs), c: this.labels(inputs) });
    if (!this.about.centre) return w;
    const centres = this.numbers(this.about.centre);
    const centre = centres.subarray(centres.length > width ? this.label(inputs) * width : 0);
    const truncation = number(inputs.truncation ?? inputs.psi ?? USUAL, "truncation");
    const result = new Float32Array(rows * width);
    for (let i = 0; i < result.length; i++) {
      const k = i % width;
      const pulled = i < (this.about.truncation_cutoff ?? rows) * width;
      result[i] = pulled ? centre[k] + truncation * (w[k] - centre[k]) : w[k];
    }
    return result;
  }

  /** @param {Inputs} inputs */
  z(inputs) {
    if (inputs.z) return sized(inputs.z, this.about.z_dim, "z");
    const seed = number(inputs.seed ?? this.about.first_seed, "seed");
    if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32) {
      throw new Error(`'seed' takes a whole number from 0 to 4294967295, got ${seed}.`);
    }
    return zOfSeed(seed, this.about.z_dim);
  }

  /** @param {Inputs} inputs */
  label(inputs) {
    const label = number(inputs.label ?? 0, "label");
    if (Number.isInteger(label) && label >= 0 && label < Math.max(this.about.c_dim, 1)) return label;
    throw new Error(`'label' takes a class from 0 to ${this.about.c_dim - 1}, got ${label}.`);
  }

  /** @param {Inputs} inputs */
  labels(inputs) {
    const result = new Float32Array(this.about.c_dim);
    if (result.length) result[this.label(inputs)] = 1;
    return result;
  }

  /** Steps along directions. @param {Float32Array} ws @param {Inputs} inputs */
  moved(ws, inputs) {
    const result = ws.slice();
    for (const direction of this.about.directions) {
      const steps = number(inputs[direction.name] ?? 0, direction.name);
      if (!steps) continue;
      const one = this.numbers(direction.step);
      for (let i = 0; i < result.length; i++) result[i] += steps * one[i];
    }
    return result;
  }

  /** Inputs with what the preset that they name stands for. @param {Inputs} inputs */
  begun(inputs) {
    const { preset, ...others } = inputs;
    if (preset === undefined) return inputs;
    const own = Number.isInteger(preset) && this.presets[preset];
    if (own) return { ...own, ...others };
    const most = this.presets.length - 1;
    const told = most < 0 ? "is none: this page has no presets" : `takes a number from 0 to ${most}`;
    throw new Error(`'preset' ${told}, got ${JSON.stringify(preset)}.`);
  }

  /** @param {Inputs | null} given @returns {Promise<Picture>} */
  async picture(given) {
    const inputs = this.begun(given ?? {});
    const ws = this.moved(await this.ws(inputs), inputs);
    const run = () => /** @type {Program} */ (this.synthesis).run({ ws });
    const { image } = await run().catch((error) => {
      if (this.engine === this.cpu) throw error;
      this.use(this.cpu); // a GPU that is lost, or cannot do it: slower, but there
      return run();
    });
    return this.pixels(image);
  }

  /** @param {Float32Array} image [channels * height * width] of 0 to 255 @returns {Picture} */
  pixels(image) {
    const { width, height, channels } = this.about;
    const size = width * height;
    const pixels = new Uint8ClampedArray(4 * size).fill(255);
    for (let c = 0; c < 3; c++) {
      const start = Math.min(c, channels - 1) * size;
      for (let i = 0; i < size; i++) pixels[4 * i + c] = image[start + i];
    }
    return { pixels, width, height };
  }

  /** Seconds a picture with each engine, and how many levels they differ at most. */
  async measure() {
    const before = this.engine;
    const ws = await this.ws({ seed: this.about.first_seed });
    /** @type {{ name: string, seconds: number }[]} */
    const engines = [];
    /** @type {Float32Array[]} */
    const images = [];
    const all = [...new Set([/** @type {any} */ (before), this.cpu])];
    for (const engine of all) {
      if (this.engine !== engine) this.use(engine);
      const synthesis = /** @type {Program} */ (this.synthesis);
      images.push((await synthesis.run({ ws })).image);
      const start = performance.now();
      let count = 0;
      while (count < 1 || performance.now() - start < 1000) {
        await synthesis.run({ ws });
        count++;
      }
      engines.push({ name: engine.name, seconds: (performance.now() - start) / 1000 / count });
    }
    if (this.engine !== before) this.use(/** @type {any} */ (before));
    const [first, last] = [images[0], images[images.length - 1]];
    const levels = first.reduce((most, level, i) => Math.max(most, Math.abs(level - last[i])), 0);
    return { engines, levels };
  }
}

/** @param {string} address */
async function fetched(address) {
  const response = await fetch(address).catch(() => null);
  if (response?.ok) return response;
  if (response) throw new Error(`${address} cannot be loaded (${response.status}).`);
  throw new Error(`${address} cannot be loaded: no network, or its server lets no page of another address read it (CORS).`);
}

/**
 * All bytes of a response, with how far it is.
 * @param {Response} response @param {number} size @param {(done: number) => void} told
 */
async function loaded(response, size, told) {
  const result = new Uint8Array(size);
  let at = 0;
  const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    if (at + value.length > size) throw new Error("model.bin is another one than model.json says.");
    result.set(value, at);
    at += value.length;
    told(at / size);
  }
  if (at !== size) throw new Error(`model.bin has ${at} bytes, ${size} are expected.`);
  return result.buffer;
}

/** @param {ArrayLike<number>} given @param {number} count @param {string} name */
function sized(given, count, name) {
  const values = Float32Array.from(given ?? [], Number);
  if (values.length === count && values.every(Number.isFinite)) return values;
  throw new Error(`'${name}' takes ${count} numbers, got ${values.length}.`);
}

/** @param {any} given @param {string} name */
function number(given, name) {
  const value = typeof given === "string" && given.trim() ? Number(given) : given;
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw new Error(`'${name}' takes a number, got ${JSON.stringify(given)}.`);
}
