/** What the teacher's page asks of the server, and what it heard last. */

import { at } from "../address.js";
import { moment, t } from "../words.js";

/**
 * @typedef {object} HostedModel
 * @property {string} name
 * @property {string} model
 * @property {boolean} public
 * @property {boolean} active
 * @property {boolean} watched
 * @property {string} state
 * @property {number} waiting
 * @property {string[]} servers where it is awake
 * @property {number} requests
 * @property {number} errors
 * @property {string} cost
 */
/**
 * @typedef {object} HostedToken
 * @property {number} id
 * @property {string} model
 * @property {string} label
 * @property {string} state ok, revoked, expired or used up
 * @property {number} requests
 * @property {number} refused
 * @property {number} errors
 * @property {number | null} left
 * @property {number | null} budget
 * @property {string} rate
 * @property {number | null} expires
 * @property {string} cost
 * @property {number | null} last_use
 */
/** @typedef {{ at: number, model: string, label: string, text: string }} Note */
/** @typedef {{ label: string, token: string, link: string, qr: string }} Ticket */
/** @typedef {{ base: string, models: HostedModel[], tokens: HostedToken[], errors: Note[], servers: string[], silent: string[] }} TeacherState */
/** @typedef {{ teacher: Teacher, attempt: (work: () => Promise<unknown>) => Promise<void> }} Part */

/** Where the sign-in is kept, in this tab. */
export const SIGNED_IN = "teacher";

export class Teacher extends EventTarget {
  token = "";
  /** @type {TeacherState} */
  state = { base: "", models: [], tokens: [], errors: [], servers: [], silent: [] };

  /** Make an owner's link a sign-in. @param {string} link @returns {Promise<string>} */
  async enter(link) {
    return (await this.post("/enter", { link })).token;
  }

  /** Hear how everything is. */
  async look() {
    this.state = await this.#json("GET", "/state");
    this.announce();
  }

  /** Tell the listeners. */
  announce() {
    this.dispatchEvent(new Event("state"));
  }

  /** Call now and whenever something was heard. @param {() => void} listener */
  follow(listener) {
    this.addEventListener("state", listener);
    listener();
  }

  /** @param {string} path @param {any} [content] bytes as they are, anything else as JSON */
  post(path, content = {}) {
    return this.#json("POST", path, content instanceof Blob ? content : JSON.stringify(content));
  }

  /** @param {string} path */
  get(path) {
    return this.#json("GET", path);
  }

  /** What was asked, as CSV. */
  async usage() {
    return (await this.#answer("GET", "/usage.csv")).blob();
  }

  /** @param {string} method @param {string} path @param {BodyInit} [body] @returns {Promise<any>} */
  async #json(method, path, body) {
    return (await this.#answer(method, path, body)).json();
  }

  /** @param {string} method @param {string} path @param {BodyInit} [body] */
  async #answer(method, path, body) {
    const headers = { Authorization: `Bearer ${this.token}` };
    const answer = await fetch(at(`/teacher/api${path}`), { method, headers, body: body ?? null }).catch(() => {
      throw new Error(t("The server does not answer."));
    });
    if (answer.ok) return answer;
    const { error } = await answer.json();
    throw Object.assign(new Error(error), { status: answer.status });
  }
}

/** Have one element for each item, in their order; what is there stays, and what somebody holds in it. */
/**
 * @template Item
 * @param {Element} root
 * @param {Item[]} items
 * @param {(item: Item) => string} keyOf
 * @param {Map<string, { element: HTMLElement, show: (item: Item) => void }>} made
 * @param {(item: Item) => { element: HTMLElement, show: (item: Item) => void }} make
 */
export function keyed(root, items, keyOf, made, make) {
  const keys = items.map(keyOf);
  for (const [key, { element }] of made) {
    if (keys.includes(key)) continue;
    element.remove();
    made.delete(key);
  }
  items.forEach((item, k) => {
    const one = made.get(keys[k]) ?? make(item);
    made.set(keys[k], one);
    one.show(item);
    if (root.children[k] !== one.element) root.insertBefore(one.element, root.children[k] ?? null);
  });
}

/** @param {number | null} seconds since 1970 */
export function when(seconds) {
  if (seconds === null) return "";
  const isToday = new Date(1000 * seconds).toDateString() === new Date().toDateString();
  return moment(1000 * seconds, isToday ? "time" : "both");
}
