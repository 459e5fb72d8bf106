/** One store of everything the panels show; they listen to a key and read it when told. */

/** @typedef {"offline" | "asleep" | "starting" | "running" | "failed"} StateName */
/** @typedef {{ name: StateName, message: string }} ModelState */
/** @typedef {Record<string, any> & { name: string, type: string }} Field an input or output */
/** @typedef {{ name?: string, live?: boolean, inputs: Field[], outputs: Field[] }} Declaration */
/**
 * @typedef {object} Picture
 * @property {number} width pixels
 * @property {number} height pixels
 * @property {number} renderMs time in the model
 * @property {number | null} age ms from the change that made it to its drawing; null if not ours
 */
/** @typedef {{ field_seed: number, x: number, y: number }} Place a point of a latent map */
/** @typedef {{ seed: number } | { noise: number } | Place} Origin */

/**
 * @typedef {object} Asked how the page's own questions to `/query` do
 * @property {boolean} working
 * @property {number | null} ms what the last one took
 * @property {string | null} wrong the input that was refused
 */

/**
 * @typedef {object} Contents
 * @property {ModelState} state
 * @property {Record<string, any> | null} model the model's card
 * @property {Declaration} declaration
 * @property {Record<string, any>} values of the inputs other than the vector
 * @property {Float32Array} vector the latent; edited in place, then announced
 * @property {Origin | null} origin where the vector comes from, null once it was edited
 * @property {Record<string, any>} form inputs of a model that is not played live, as sent
 * @property {Record<string, any>} outputs what such a model answered last, whoever asked
 * @property {Asked} asked
 * @property {string} error one sentence, empty when all is well
 * @property {Picture | null} picture the one shown
 */

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
  error: "",
  picture: null,
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
