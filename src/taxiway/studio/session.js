/**
 * What is being played: every edit of the vector and the values goes through here.
 *
 * Edits change the store at once, are undoable, and reach the server at most once per animation
 * frame; what the server or another page changes comes back in here too.
 */

import { vectorInput } from "./declaration.js";
import { encodeVector } from "./frames.js";
import { History } from "./history.js";

/** @import { Frame, Hello, Origin, Place, ServerMessage } from "./types.d.ts" */

/** @typedef {import("./store.js").Store} Store */
/** @typedef {import("./connection.js").Connection} Connection */
/** @typedef {{ vector: Float32Array, values: Record<string, any>, origin: Origin | null }} Moment */

/** @typedef {{ model: string, now: Moment, steps: import("./history.js").Step<Moment>[] }} Kept */

const IS_W = 1;
/** What the vector is called among what a step of undo touched; no input is. */
const VECTOR = "*vector";
const VECTORS = ["z", "w"];

export class Session {
  #store;
  #connection;
  #seq = 0;
  /** The number of the newest change of ours that concerned the vector. */
  #vectorSeq = 0;
  #scheduled = false;
  #vectorWaits = false;
  /** @type {Record<string, any>} */
  #valuesWait = {};
  /** Whether the next vector is of something that this page began, or the first of a connection. */
  #isVectorMine = true;
  /** Whether what is here must win over what a server says when it is met again. */
  #ours = false;
  /** What this tab's page before had, until its model is met. @type {Kept | null} */
  #resumed = null;
  /** @type {History<Moment>} */
  history = new History(() => this.#capture());

  /** @param {Store} store @param {Connection} connection */
  constructor(store, connection) {
    this.#store = store;
    this.#connection = connection;
    connection.addEventListener("renewed", () => (this.#ours = true));
    connection.onMessage((message) => this.#receive(message));
    connection.onFrame((frame) => this.#take(frame));
  }

  /**
   * Change the vector in place, as one undoable step.
   * @param {(vector: Float32Array) => void} change
   * @param {string} [gesture] edits of one name in quick succession are one step
   */
  edit(change, gesture = "") {
    if (!this.#store.get("vector").length) return;
    this.history.step([VECTOR], gesture);
    this.draw(change);
  }

  /** Change the vector within a gesture whose step was taken. @param {(v: Float32Array) => void} change */
  draw(change) {
    if (!this.#store.get("vector").length) return;
    change(this.#store.get("vector"));
    if (this.#store.get("origin")) this.#store.set("origin", null);
    this.#store.announce("vector");
    this.#vectorWaits = true;
    this.#sendSoon();
  }

  /**
   * @param {string} name of an input
   * @param {any} value null for its default
   */
  setValue(name, value) {
    this.#store.set("touched", `/${name}`);
    this.history.step([name], `value ${name}`);
    this.#putValues({ [name]: value });
  }

  /** Several values as one undoable step. @param {[string, any][]} values null for the default */
  setValues(values) {
    if (values.length === 1) return this.setValue(values[0][0], values[0][1]);
    this.history.step(values.map(([name]) => name));
    this.#putValues(Object.fromEntries(values));
  }

  /** Go to the z of a seed. @param {number} seed 0 to 2^32 - 1 */
  goToSeed(seed) {
    this.#store.set("touched", "/seed");
    this.#goTo({ seed }, { type: "seed", seed });
  }

  /** Go to a point of a latent map. @param {Place} place */
  goToPlace(place) {
    this.#goTo(place, { type: "pick", ...place });
  }

  /** Go on where the page was before it was loaded anew. @param {Kept} kept */
  resume(kept) {
    this.#resumed = kept;
  }

  undo() {
    this.#restore(this.history.undo((step) => this.#matters(step)));
  }

  redo() {
    this.#restore(this.history.redo((step) => this.#matters(step)));
  }

  /** Put a whole state on stage, such as one read from a file. @param {Partial<Moment>} moment */
  recall({ vector, values = {} }) {
    this.history.step([...Object.keys(values), ...(vector ? [VECTOR] : [])]);
    this.#putValues(values);
    if (vector) this.draw((current) => current.set(vector));
  }

  /** @param {"start" | "stop"} action */
  askModelTo(action) {
    this.#connection.sendMessage({ type: "model", action });
  }

  /** Stop what the model works on, whoever asked for it. */
  cancel() {
    this.#connection.sendMessage({ type: "cancel" });
  }

  /** One undoable step of a gesture that draws. */
  beginDrawing() {
    this.history.step([VECTOR]);
  }

  /** Make every output black, or let it be seen again. @param {boolean} on */
  blackOut(on) {
    this.#store.set("touched", "/blackout");
    this.#connection.sendMessage({ type: "blackout", on });
  }

  /**
   * Do something that every player can (docs/playing.md).
   * @param {string} action
   * @param {Record<string, any>} [inputs]
   * @param {string} [touched] the address that a knob may learn by it
   */
  perform(action, inputs = {}, touched = Object.keys(inputs).length <= 1 ? `/${action}` : "") {
    if (touched) this.#store.set("touched", touched);
    // What was edited a moment ago comes before it.
    this.#send();
    this.#connection.sendMessage({ type: "perform", action, inputs });
  }

  /** Go to a preset, or to a picture of the history, as one undoable step. @param {{ number: number } | { picture: string }} where */
  goTo(where) {
    const inputs = this.#store.get("declaration").inputs.map(({ name }) => name);
    this.history.step([...inputs, VECTOR]);
    if ("number" in where) this.perform("preset", where, `/preset/${where.number}`);
    else this.perform("history", where);
  }

  /**
   * Mix two presets, as a slider that is moved.
   * @param {number} a
   * @param {number} b
   * @param {number} amount from 0, a, to 1, b
   * @param {number} layer below which all is a's
   */
  mix(a, b, amount, layer) {
    const inputs = this.#store.get("declaration").inputs.map(({ name }) => name);
    this.history.step([...inputs, VECTOR], "mix");
    this.perform("mix", { a, b, amount, layer });
  }

  /** Keep what is played as a preset. @param {number} number */
  storePreset(number) {
    this.perform("preset/store", { number }, ""); // whose number no knob is meant to choose
  }

  /** Stop whatever moves the picture by itself, whoever began it. */
  stopMoving() {
    this.perform("stop");
  }

  /** Stop the walk, whoever began it. */
  stopWalk() {
    this.#connection.sendMessage({ type: "walk", action: "stop" });
  }

  /** @param {Origin} origin @param {{ type: "seed", seed: number } | (Place & { type: "pick" })} goal */
  #goTo(origin, goal) {
    if (!this.#connection.isOpen) return;
    this.history.step([VECTOR], "go to");
    this.#vectorWaits = false;
    this.#store.set("origin", origin);
    this.#connection.sendMessage({ ...goal, ...this.#stamp() });
    this.#vectorSeq = this.#seq;
  }

  /** Whether going there would change anything. @param {import("./history.js").Step<Moment>} step */
  #matters({ state, touched }) {
    const { vector, values } = this.#everything();
    const wanted = [...touched].filter((name) => name !== VECTOR).map((name) => [name, state.values[name] ?? null]);
    const isOther = state.vector.length === vector.length && state.vector.some((number, k) => number !== vector[k]);
    return (touched.has(VECTOR) && isOther) || Object.keys(changed(values, Object.fromEntries(wanted))).length > 0;
  }

  /** Of what others changed meanwhile nothing is undone. @param {import("./history.js").Step<Moment> | undefined} step */
  #restore(step) {
    if (!step) return;
    const { state, touched } = step;
    const values = [...touched].filter((name) => name !== VECTOR);
    this.#putValues(Object.fromEntries(values.map((name) => [name, state.values[name] ?? null])));
    if (!touched.has(VECTOR) || state.vector.length !== this.#store.get("vector").length) return;
    this.draw((vector) => vector.set(state.vector));
    this.#store.set("origin", state.origin);
  }

  /** @returns {Moment} */
  #capture() {
    const { vector, values, origin } = this.#everything();
    return { vector: vector.slice(), values: { ...values }, origin };
  }

  #everything() {
    const store = this.#store;
    return {
      vector: store.get("vector"),
      values: store.get("values"),
      origin: store.get("origin"),
    };
  }

  /** @param {Record<string, any>} values null for the default */
  #putValues(values) {
    const before = this.#store.get("values");
    const news = changed(before, values);
    if (!Object.keys(news).length) return;
    this.#store.set("values", without({ ...before, ...values }));
    Object.assign(this.#valuesWait, news);
    this.#sendSoon();
  }

  #stamp() {
    return { seq: ++this.#seq, time: performance.now() };
  }

  #sendSoon() {
    if (this.#scheduled) return;
    this.#scheduled = true;
    requestAnimationFrame(() => this.#send());
  }

  #send() {
    this.#scheduled = false;
    if (!this.#connection.isOpen) return;
    if (Object.keys(this.#valuesWait).length) {
      this.#connection.sendMessage({ type: "set", ...this.#stamp(), values: this.#valuesWait });
    }
    if (this.#vectorWaits) {
      const { seq, time } = this.#stamp();
      this.#connection.sendBinary(encodeVector(seq, time, this.#store.get("vector")));
      this.#vectorSeq = seq;
    }
    this.#valuesWait = {};
    this.#vectorWaits = false;
  }

  /** @param {ServerMessage} message */
  #receive(message) {
    if (message.type === "hello") this.#meet(message);
    if (message.type === "values" && !this.#ours) {
      const { values, origin, yours = [] } = message;
      const theirs = Object.entries(values).filter(([name]) => !yours.includes(name));
      this.history.rebase((state) => Object.assign(state.values, Object.fromEntries(theirs)));
      this.#store.set("values", { ...this.#store.get("values"), ...values });
      if (origin === undefined) return;
      this.#isVectorMine = yours.includes("z") || yours.includes("w");
      this.#store.set("origin", origin);
    }
  }

  /** A `hello` without `info` is of a model that was not set up yet; another follows. @param {Hello} hello */
  #meet(hello) {
    if (!hello.info) return;
    this.#comeBack(hello.model.name);
    const length = vectorInput({ ...hello.info, live: hello.live })?.length ?? 0;
    const isOther = this.#store.get("vector").length !== length;
    const fits = length > 0 && !isOther;
    if (this.#ours && fits) return this.#sendEverything();
    if (isOther) this.#startOver(length);
    const theirs = (hello.theirs ?? []).filter((name) => !(name in this.#valuesWait));
    this.#isVectorMine = !fits || !theirs.some((name) => VECTORS.includes(name));
    const values = theirs.filter((name) => !VECTORS.includes(name)).map((name) => [name, hello.values[name] ?? null]);
    this.history.rebase((state) => Object.assign(state.values, Object.fromEntries(values)));
    this.#store.set("values", without({ ...hello.values, ...this.#valuesWait }));
    // What was edited while nobody answered goes there now, and no more than that.
    this.#ours = this.#vectorWaits;
    if (!this.#vectorWaits) this.#store.set("origin", hello.origin);
    this.#send();
  }

  /** Another model: what waits for the last is of no use. @param {number} length of its vector */
  #startOver(length) {
    this.#valuesWait = {};
    this.#vectorWaits = false;
    this.#store.set("vector", new Float32Array(length));
  }

  /** Take what the page before had, to see what others have changed since. @param {string} model */
  #comeBack(model) {
    const kept = this.#resumed;
    this.#resumed = null;
    if (kept?.model !== model || this.history.canUndo) return;
    this.history.begin(kept.steps);
    this.#store.set("vector", kept.now.vector);
    this.#store.set("values", kept.now.values);
  }

  #sendEverything() {
    this.#vectorWaits = true;
    this.#valuesWait = { ...this.#store.get("values") };
    this.#send();
  }

  /** @param {Frame} frame */
  #take(frame) {
    if (frame.kind !== "vector") return;
    const isOurs = this.#ours || this.#vectorWaits;
    this.#ours = false;
    if (frame.flags & IS_W) return this.#yieldToW();
    const isOvertaken = frame.inputSeq > 0 && frame.inputSeq < this.#vectorSeq;
    if (isOurs || isOvertaken || frame.width !== this.#store.get("vector").length) return;
    const news = new Float32Array(frame.payload);
    if (frame.inputSeq === 0 && !this.#isVectorMine) this.#adopt(news);
    this.#store.get("vector").set(news);
    this.#store.announce("vector");
  }

  /** A w that others set is in place of our z, which no step of ours brings back. */
  #yieldToW() {
    const vector = this.#store.get("vector");
    const adopt = (/** @type {Moment} */ state) => state.vector.length === vector.length && state.vector.set(vector);
    if (!this.#isVectorMine) this.history.rebase(adopt);
  }

  /** Of a vector that others moved what they changed stays when a step is undone. @param {Float32Array} news */
  #adopt(news) {
    const before = this.#store.get("vector");
    const moved = [...news.keys()].filter((k) => news[k] !== before[k]);
    const origin = this.#store.get("origin");
    this.history.rebase((state) => {
      if (!moved.length || state.vector.length !== news.length) return;
      for (const k of moved) state.vector[k] = news[k];
      state.origin = moved.length === news.length ? origin : null;
    });
  }
}

/** Without those at their default. @param {Record<string, any>} values */
function without(values) {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
}

/** The entries of `values` that differ from `before`. @param {any} before @param {any} values */
function changed(before, values) {
  const differs = (/** @type {string} */ name) => (before[name] ?? null) !== (values[name] ?? null);
  return Object.fromEntries(Object.entries(values).filter(([name]) => differs(name)));
}
