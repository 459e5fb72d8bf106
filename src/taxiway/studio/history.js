/** Undo and redo: one step per gesture, each an earlier state and what of it was changed. */

const MOST_STEPS = 300;
const GESTURE_MS = 500;

/**
 * @template State
 * @typedef {{ state: State, touched: Set<string> }} Step
 */

/**
 * @template State
 */
export class History extends EventTarget {
  /** @type {Step<State>[]} */
  #past = [];
  /** @type {Step<State>[]} */
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
   * @param {string[]} touched what of the state is changed: undoing leaves the rest to others
   * @param {string} [name]
   */
  step(touched, name = "") {
    const time = this.#clock();
    const goesOn = name && name === this.#gesture.name && time - this.#gesture.time < GESTURE_MS;
    this.#gesture = { name, time };
    if (goesOn) return;
    this.#past.push({ state: this.#capture(), touched: new Set(touched) });
    if (this.#past.length > MOST_STEPS) this.#past.shift();
    this.#future = [];
    this.dispatchEvent(new Event("change"));
  }

  /** The newest steps that can be undone, for a page that is loaded anew. @param {number} most */
  newest(most) {
    return this.#past.slice(-most);
  }

  /** Begin with steps of an earlier page. @param {Step<State>[]} steps */
  begin(steps) {
    this.#past = steps;
    this.#future = [];
    this.#gesture.name = "";
    this.dispatchEvent(new Event("change"));
  }

  /**
   * Others moved something: it stays as they have it in every state that can be gone to.
   * @param {(state: State) => void} adopt
   */
  rebase(adopt) {
    for (const { state } of [...this.#past, ...this.#future]) adopt(state);
  }

  /**
   * The state to go back to. Steps of which nothing is left are passed over.
   * @param {(step: Step<State>) => boolean} matters @returns {Step<State> | undefined}
   */
  undo(matters = () => true) {
    return this.#move(this.#past, this.#future, matters);
  }

  /**
   * The state to go forward to.
   * @param {(step: Step<State>) => boolean} matters @returns {Step<State> | undefined}
   */
  redo(matters = () => true) {
    return this.#move(this.#future, this.#past, matters);
  }

  /** @param {Step<State>[]} from @param {Step<State>[]} to @param {(step: Step<State>) => boolean} matters */
  #move(from, to, matters) {
    this.#gesture.name = "";
    let step = from.pop();
    while (step && !matters(step)) step = from.pop();
    if (step) to.push({ state: this.#capture(), touched: step.touched });
    this.dispatchEvent(new Event("change"));
    return step;
  }
}
