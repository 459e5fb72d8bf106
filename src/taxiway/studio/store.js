/** One store of everything the panels show; they listen to a key and read it when told. */

/** @import { Contents } from "./types.d.ts" */

/** @returns {Contents} */
const blank = () => ({
  state: { name: "offline", message: "" },
  model: null,
  declaration: { inputs: [], outputs: [] },
  values: {},
  vector: new Float32Array(0),
  origin: null,
  form: {},
  outputs: {},
  asked: { working: false, ms: null, wrong: null },
  work: null,
  walk: false,
  blackout: false,
  flashes: false,
  error: "",
  picture: null,
  notes: [],
  movement: { modulators: [], bpm: 120, changes: "now", held: false },
  modulated: {},
  presets: { presets: [], history: [], seconds: 0, curve: "smooth", fade: false, said: "", timeline: { keys: [], tracks: [], seconds: 0, at: 0, loops: false, plays: false, armed: false } },
  touched: "",
  training: null,
  job: null,
  toFetch: "",
  movers: {},
});

export class Store extends EventTarget {
  #contents = blank();

  /**
   * @template {keyof Contents} Key
   * @param {Key} key
   * @returns {Contents[Key]}
   */
  get(key) {
    return this.#contents[key];
  }

  /**
   * @template {keyof Contents} Key
   * @param {Key} key
   * @param {Contents[Key]} value
   */
  set(key, value) {
    this.#contents[key] = value;
    this.announce(key);
  }

  /** Tell the listeners of a value that was changed in place. @param {keyof Contents} key */
  announce(key) {
    this.dispatchEvent(new Event(key));
  }

  /**
   * Call `listener` now, and again whenever one of `keys` changes.
   * @param {(keyof Contents)[]} keys
   * @param {() => void} listener
   */
  follow(keys, listener) {
    for (const key of keys) this.addEventListener(key, listener);
    listener();
  }
}
