/** Gamepads: sticks from -1 to 1, buttons and triggers from 0 to 1; what has changed is said. */

/** @typedef {import("./midi_reader.js").Signal} Signal */

const EVERY_MS = 16;
/** A stick at rest is never quite in the middle. */
const DEAD = 0.08;
const FINE = 0.005;

export class Gamepads {
  #known = /** @type {Map<string, number>} */ (new Map());
  #timer = 0;
  #hear;
  #changed;

  /** @param {(signals: Signal[]) => void} hear @param {(words: string) => void} changed takes which there are */
  constructor(hear, changed) {
    this.#hear = hear;
    this.#changed = changed;
    // Browsers tell of a gamepad once one of its buttons is pressed.
    for (const name of ["gamepadconnected", "gamepaddisconnected"]) {
      addEventListener(name, () => this.#look());
    }
    this.#look();
  }

  #look() {
    const pads = connected();
    this.#changed(pads.map(({ id }) => id).join(", "));
    clearInterval(this.#timer);
    if (pads.length) this.#timer = setInterval(() => this.#read(), EVERY_MS);
  }

  #read() {
    const signals = connected().flatMap(signalsOf);
    const news = signals.filter(([name, value]) => Math.abs(value - (this.#known.get(name) ?? 0)) > FINE);
    for (const [name, value] of news) this.#known.set(name, value);
    if (news.length) this.#hear(news);
  }
}

function connected() {
  const pads = navigator.getGamepads?.() ?? [];
  return pads.flatMap((pad) => (pad?.connected ? [pad] : []));
}

/** @param {Gamepad} pad @returns {Signal[]} */
function signalsOf({ index, axes, buttons }) {
  const name = `gamepad:${index + 1}`;
  return [
    ...axes.map((value, k) => /** @type {Signal} */ ([`${name}:axis:${k}`, settled(value)])),
    ...buttons.map(({ value }, k) => /** @type {Signal} */ ([`${name}:button:${k}`, value])),
  ];
}

/** 0 near the middle, and from there on without a step. @param {number} value */
function settled(value) {
  const beyond = Math.max(Math.abs(value) - DEAD, 0) / (1 - DEAD);
  return Math.sign(value) * Math.min(beyond, 1);
}
