/** An engine on the processor: WebAssembly for convolutions and filters, loops for all else. */

import { conv, matmul, upConv } from "./cpu_conv.js";
import { PLAIN } from "./cpu_plain.js";
import { resample } from "./cpu_resample.js";

/**
 * @typedef {import("./program.js").Step} Step
 * @typedef {{ at: number, size: number, shape: number[], values?: Float32Array }} Tensor from a byte
 *   of the memory on; a constant's numbers are elsewhere (at is -1) until they are needed there
 * @typedef {(cpu: Cpu, step: Step, ...of: Tensor[]) => Tensor} Operation
 */

const PAGE = 65536;
/** Bytes that kernels may touch beyond an end. */
const SLACK = 64;

/** @type {Record<string, Operation>} */
const OPERATIONS = { ...PLAIN, conv, up_conv: upConv, matmul, resample };

export class Cpu {
  /** @param {BufferSource} kernels what is in kernels.wasm */
  static async made(kernels) {
    const { instance } = await WebAssembly.instantiate(kernels);
    return new Cpu(instance.exports);
  }

  /** @param {any} kernels */
  constructor(kernels) {
    this.name = "the processor";
    this.kernels = kernels;
    this.end = 16;
    /** Bytes where room is free, by its size. @type {Map<number, number[]>} */
    this.rooms = new Map();
    this.floats = new Float32Array(kernels.memory.buffer);
  }

  /** The byte where there is room for so many numbers. @param {number} count */
  room(count) {
    const bytes = (count * 4 + SLACK + 15) & ~15;
    const free = this.rooms.get(bytes)?.pop();
    if (free !== undefined) return free;
    const at = this.end;
    this.end += bytes;
    const missing = this.end - this.kernels.memory.buffer.byteLength;
    if (missing > 0) {
      this.kernels.memory.grow(Math.ceil(missing / PAGE));
      this.floats = new Float32Array(this.kernels.memory.buffer);
    }
    return at;
  }

  /** @param {number} at @param {number} count what the room was asked for */
  leave(at, count) {
    const bytes = (count * 4 + SLACK + 15) & ~15;
    const free = this.rooms.get(bytes);
    if (free) free.push(at);
    else this.rooms.set(bytes, [at]);
  }

  /** @param {number[]} shape @returns {Tensor} */
  empty(shape) {
    const size = shape.reduce((all, each) => all * each, 1);
    return { at: this.room(size), size, shape };
  }

  /** @param {Float32Array} values @param {number[]} shape */
  tensor(values, shape) {
    const tensor = this.empty(shape);
    this.floats.set(values, tensor.at >> 2);
    return tensor;
  }

  /** @param {Float32Array} values @param {Step} step @returns {Tensor} */
  constant(values, step) {
    return { at: -1, size: values.length, shape: step.shape, values };
  }

  /** Where a tensor's numbers begin among `floats`. @param {Tensor} tensor */
  start(tensor) {
    if (tensor.at < 0) {
      tensor.at = this.room(tensor.size);
      this.floats.set(/** @type {Float32Array} */ (tensor.values), tensor.at >> 2);
    }
    return tensor.at >> 2;
  }

  /** @param {Tensor} tensor */
  free(tensor) {
    this.leave(tensor.at, tensor.size);
  }

  /** @param {Tensor} tensor */
  async numbers(tensor) {
    const start = this.start(tensor);
    return this.floats.slice(start, start + tensor.size);
  }

  /** @param {Step} step @param {Tensor[]} of @returns {Tensor} */
  carry(step, of) {
    return OPERATIONS[step.op](this, step, ...of);
  }
}
