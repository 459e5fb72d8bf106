/** Undo and redo: one step per gesture, each a whole earlier state. */

const MOST_STEPS = 300;
const GESTURE_MS = 500;

/**
 * @template State
 */
export class History extends EventTarget {
  /** @type {State[]} */
  #past = [];
  /** @type {State[]} */
  #future = [];
  #gesture = { name: "", time: -Infinity };
  #capture;
  #clock;

  /**
   * @param {() => State} capture gives a copy of the present state
   * @param {() => number} [clock] ms
   */
  constructor(capture, clock = () => performance.now()) {
    super();
    this.#capture = capture;
    this.#clock = clock;
  }

  get canUndo() {
    return this.#past.length > 0;
  }

  get canRedo() {
    return this.#future.length > 0;
  }

  /**
   * Remember the present, to be called before a change. Calls with the same name within half a
   * second of each other (key presses, a slider's moves) are one step; without a name each is one.
   * @param {string} [name]
   */
  step(name = "") {
    const time = this.#clock();
    const goesOn = name && name === this.#gesture.name && time - this.#gesture.time < GESTURE_MS;
    this.#gesture = { name, time };
    if (goesOn) return;
    this.#past.push(this.#capture());
    if (this.#past.length > MOST_STEPS) this.#past.shift();
    this.#future = [];
    this.dispatchEvent(new Event("change"));
  }

  /** @returns {State | undefined} the state to go back to */
  undo() {
    return this.#move(this.#past, this.#future);
  }

  /** @returns {State | undefined} the state to go forward to */
  redo() {
    return this.#move(this.#future, this.#past);
  }

  /** @param {State[]} from @param {State[]} to */
  #move(from, to) {
    if (!from.length) return undefined;
    to.push(this.#capture());
    this.#gesture.name = "";
    const state = from.pop();
    this.dispatchEvent(new Event("change"));
    return state;
  }
}
