/** An engine on the graphics processor, by WebGPU. */

import { shader } from "./shaders.js";

/**
 * @typedef {import("./program.js").Step} Step
 * @typedef {{ buffer: GPUBuffer, size: number, shape: number[], values?: Float32Array,
 *   packed?: GPUBuffer }} Tensor a constant has its numbers, and what was made of them for the GPU
 */

const GROUP = 64;
/** Groups that may be asked for along one axis. */
const MOST = 65535;
const [STORAGE, COPY_FROM, COPY_TO, MAP_READ] = [0x80, 0x4, 0x8, 0x1];

export class Gpu {
  /**
   * The engine, or null where the browser has no GPU for pages. A processor that stands for one is
   * far slower than our own way on the processor, so it is taken only by whoever insists.
   * @param {boolean} insists
   */
  static async made(insists) {
    const adapter = await navigator.gpu?.requestAdapter({ powerPreference: "high-performance" });
    const info = /** @type {any} */ (adapter)?.info;
    const isProcessor = info?.isFallbackAdapter || info?.architecture === "swiftshader";
    if (!adapter || (isProcessor && !insists)) return null;
    const { maxStorageBufferBindingSize, maxBufferSize } = adapter.limits;
    const requiredLimits = { maxStorageBufferBindingSize, maxBufferSize };
    const engine = new Gpu(await adapter.requestDevice({ requiredLimits }));
    const about = adapter.info ?? {};
    engine.name = [about.vendor, about.architecture].filter(Boolean).join(" ") || "WebGPU";
    return engine;
  }

  /** @param {GPUDevice} device */
  constructor(device) {
    this.name = "WebGPU";
    this.device = device;
    /** Free buffers, by their size. @type {Map<number, GPUBuffer[]>} */
    this.rooms = new Map();
    /** @type {WeakMap<Step, GPUComputePipeline>} */
    this.pipelines = new WeakMap();
    /** @type {GPUCommandEncoder | null} */
    this.encoder = null;
    /** @type {GPUComputePassEncoder | null} */
    this.pass = null;
  }

  /** Room for so many numbers. @param {number} count @returns {GPUBuffer} */
  room(count) {
    const size = Math.max(count * 4, 16);
    const usage = STORAGE | COPY_FROM | COPY_TO;
    return this.rooms.get(size)?.pop() ?? this.device.createBuffer({ size, usage });
  }

  /** For before `begin`: it is there before any step. @param {Float32Array} values @param {number[]} shape @returns {Tensor} */
  tensor(values, shape) {
    const buffer = this.room(values.length);
    this.device.queue.writeBuffer(buffer, 0, values);
    return { buffer, size: values.length, shape };
  }

  /** A buffer of its own. @param {Float32Array} values */
  kept(values) {
    const size = Math.max(values.byteLength, 16);
    const buffer = this.device.createBuffer({ size, usage: STORAGE | COPY_FROM | COPY_TO });
    this.device.queue.writeBuffer(buffer, 0, values);
    return buffer;
  }

  /** @param {Float32Array} values @param {Step} step @returns {Tensor} */
  constant(values, step) {
    return { buffer: this.kept(values), size: values.length, shape: step.shape, values };
  }

  /** @param {Tensor} tensor */
  free({ buffer }) {
    const free = this.rooms.get(buffer.size);
    if (free) free.push(buffer);
    else this.rooms.set(buffer.size, [buffer]);
  }

  /** Before the first step of a call. */
  begin() {
    this.encoder = this.device.createCommandEncoder();
    this.pass = this.encoder.beginComputePass();
  }

  /** @param {Step} step @param {Tensor[]} of @returns {Tensor} */
  carry(step, of) {
    const size = step.shape.reduce((all, each) => all * each, 1);
    const result = { buffer: this.room(size), size, shape: step.shape };
    const { code, threads, read } = shader(step, of, this);
    const groups = Math.ceil(threads / GROUP);
    const wide = Math.min(groups, MOST);
    let pipeline = this.pipelines.get(step);
    if (!pipeline) {
      const module = this.device.createShaderModule({ code: code(wide * GROUP, GROUP) });
      const compute = { module, entryPoint: "main" };
      pipeline = this.device.createComputePipeline({ layout: "auto", compute });
      this.pipelines.set(step, pipeline);
    }
    const entries = [...read, result.buffer].map((buffer, binding) => ({
      binding,
      resource: { buffer },
    }));
    const pass = /** @type {GPUComputePassEncoder} */ (this.pass);
    pass.setPipeline(pipeline);
    const layout = pipeline.getBindGroupLayout(0);
    pass.setBindGroup(0, this.device.createBindGroup({ layout, entries }));
    pass.dispatchWorkgroups(wide, Math.ceil(groups / wide));
    return result;
  }

  /** @param {Tensor} tensor @returns {Promise<Float32Array>} */
  async numbers({ buffer, size }) {
    const { device } = this;
    this.pass?.end();
    this.pass = null;
    const encoder = this.encoder ?? device.createCommandEncoder();
    this.encoder = null;
    const copy = device.createBuffer({ size: size * 4, usage: COPY_TO | MAP_READ });
    encoder.copyBufferToBuffer(buffer, 0, copy, 0, size * 4);
    device.queue.submit([encoder.finish()]);
    await copy.mapAsync(MAP_READ);
    const numbers = new Float32Array(copy.getMappedRange().slice(0));
    copy.destroy();
    return numbers;
  }
}
