/** Signals on their way to the server: of a knob the newest, of a key every press, in order. */

/** @typedef {import("./midi_reader.js").Signal} Signal */

const EVERY_MS = 8;
/** What a message of the socket holds. */
const MOST = 256;
/** Of a controller as well, which may be an encoder that says by how much it was turned. */
const EACH = /:(note|button|onset|beat|cc|step)/;

export class Signals {
  #connection;
  #waiting = /** @type {Signal[]} */ ([]);
  #timer = 0;
  #sentAt = 0;

  /** @param {import("../connection.js").Connection} connection */
  constructor(connection) {
    this.#connection = connection;
  }

  /** @param {Signal[]} signals */
  hear = (signals) => {
    for (const [name, value] of signals) {
      const older = EACH.test(name) ? undefined : this.#waiting.find(([known]) => known === name);
      if (older) older[1] = value;
      else this.#waiting.push([name, value]);
    }
    // By a timer: of a page that is not to be seen no frame is drawn.
    const due = Math.max(0, this.#sentAt + EVERY_MS - performance.now());
    this.#timer ||= setTimeout(() => this.#send(), due);
  };

  #send() {
    this.#timer = 0;
    this.#sentAt = performance.now();
    const signals = this.#waiting.splice(0, MOST);
    this.#connection.sendMessage({ type: "signals", seq: 0, time: 0, signals });
    if (this.#waiting.length) this.hear([]);
  }
}
