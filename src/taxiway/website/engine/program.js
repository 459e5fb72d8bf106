/** A network as a list of steps, carried out one after the other by an engine. */

/**
 * @typedef {{ op: string, of: number[], shape: number[], [more: string]: any }} Step
 * @typedef {{ shape: number[] }} Tensor an engine's own; more is in it
 * @typedef {{
 *   constant(values: Float32Array, step: Step): Tensor,
 *   tensor(values: Float32Array, shape: number[]): Tensor,
 *   carry(step: Step, of: Tensor[]): Tensor,
 *   free(tensor: Tensor): void,
 *   numbers(tensor: Tensor): Promise<Float32Array>,
 *   begin?(): void,
 * }} Engine
 */

/** A program whose constants are where the engine computes. */
export class Program {
  /**
   * @param {{ steps: Step[], outputs: Record<string, number> }} written
   * @param {Engine} engine
   * @param {(step: Step) => Float32Array} numbers a constant's
   */
  constructor(written, engine, numbers) {
    this.steps = written.steps;
    this.outputs = written.outputs;
    this.engine = engine;
    /** @type {Map<number, Tensor>} */
    this.kept = new Map();
    this.steps.forEach((step, index) => {
      if (step.op === "const") this.kept.set(index, engine.constant(numbers(step), step));
    });
    /** The step whose numbers a step's are: its own, but for those that only have another shape. */
    this.roots = this.steps.map((_, index) => index);
    this.steps.forEach((step, index) => {
      if (step.op === "reshape") this.roots[index] = this.roots[step.of[0]];
    });
    const kept = new Set(Object.values(this.outputs).map((index) => this.roots[index]));
    /** @type {Map<number, number>} the last step that reads a step's numbers */
    const last = new Map();
    this.steps.forEach((step, index) => {
      for (const each of step.of) last.set(this.roots[each], index);
    });
    /** What nobody needs any more after a step. @type {number[][]} */
    this.done = this.steps.map(() => []);
    for (const [root, index] of last) {
      if (!this.kept.has(root) && !kept.has(root)) this.done[index].push(root);
    }
  }

  /**
   * @param {Record<string, Float32Array>} inputs by name, one row each
   * @returns {Promise<Record<string, Float32Array>>} the outputs by name
   */
  async run(inputs) {
    const { engine } = this;
    const made = new Map(this.kept);
    const of = (/** @type {number} */ index) => /** @type {Tensor} */ (made.get(index));
    this.steps.forEach((step, index) => {
      if (step.op === "input") made.set(index, engine.tensor(inputs[step.name], step.shape));
    });
    engine.begin?.();
    this.steps.forEach((step, index) => {
      if (step.op === "const" || step.op === "input") return;
      if (step.op === "reshape") made.set(index, { ...of(step.of[0]), shape: step.shape });
      else made.set(index, engine.carry(step, step.of.map(of)));
      for (const root of this.done[index]) engine.free(of(root));
    });
    const found = Object.entries(this.outputs).map(async ([name, index]) => {
      const numbers = await engine.numbers(of(index));
      if (!this.kept.has(this.roots[index])) engine.free(of(index));
      return [name, numbers];
    });
    return Object.fromEntries(await Promise.all(found));
  }
}

/**
 * Numbers of a block of bytes.
 * @param {ArrayBuffer} block
 * @param {Step} step a constant
 * @returns {Float32Array}
 */
export function constant(block, step) {
  const count = step.shape.reduce((size, each) => size * each, 1);
  if (step.dtype === "float32") return new Float32Array(block, step.at, count);
  const halves = new Uint16Array(block, step.at, count);
  return Float32Array.from(halves, (half) => HALVES[half]);
}

/** Every number of 16 bits (IEEE 754 binary16), by its bits. */
const HALVES = Float32Array.from({ length: 65536 }, (_, bits) => {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const rest = bits & 1023;
  if (exponent === 31) return rest ? NaN : sign * Infinity;
  if (exponent === 0) return (sign * rest) / 2 ** 24;
  return sign * (1 + rest / 1024) * 2 ** (exponent - 15);
});
