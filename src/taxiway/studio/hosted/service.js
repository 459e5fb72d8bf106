/** Asking a hosted model with the visitor's token: the newest question wins, and all waits are told. */

import { at } from "../address.js";
import { t } from "../words.js";

const SLOW_MS = 600;
const LOOK_MS = 1000;
const AGAIN_MS = 1000;
const MOST_FALLS = 3;

/**
 * How a hosted model is, as GET /v1/state tells it.
 * @typedef {object} HostedState
 * @property {string} state asleep, starting, running or failed
 * @property {number} waiting requests in hand, of everybody
 * @property {number | null} place of one's own first in the line; null if it does not wait there
 * @property {number | null} seconds about until its turn, where that is known
 * @property {string} title
 * @property {string} summary
 * @property {number} first_seed
 * @property {boolean} watched
 * @property {string} label of the token
 * @property {number | null} left
 * @property {number | null} expires
 */
/** What was asked is that of the answer: meanwhile something newer may be. @typedef {{ outputs: Record<string, any>, asked: Record<string, any> }} Answered */
/** @typedef {Error & { status?: number, input?: string, again?: number }} Refusal */

export class Service {
  /** Where programs ask. */
  address;
  token = "";
  /** Told while an answer is awaited. @type {(state: HostedState | null, words: string) => void} */
  onWait = () => {};
  /** @type {Record<string, any> | null} */
  #next = null;
  #working = false;

  /** @param {string} model */
  constructor(model) {
    this.address = at(`/${model}/v1`);
  }

  /** @returns {Promise<HostedState>} */
  state() {
    return this.#fetch("/state");
  }

  /** What it takes and gives; waits while it wakes. @returns {Promise<any>} */
  info() {
    return this.#watched(() => this.#fetch("/info"));
  }

  /** The page with this token, as an address and a QR code. @returns {Promise<{ link: string, qr: string }>} */
  link() {
    return this.#fetch("/link");
  }

  /**
   * Ask once the question under way is answered; of those that wait only the newest is asked.
   * @param {Record<string, any>} inputs
   * @param {(answer: Answered) => void} answered
   * @param {(problem: Refusal) => void} refused
   */
  async ask(inputs, answered, refused) {
    this.#next = inputs;
    if (this.#working) return;
    this.#working = true;
    while (this.#next) {
      const asked = /** @type {Record<string, any>} */ (this.#next);
      this.#next = null;
      try {
        answered(await this.#watched(() => this.#patient(asked)));
      } catch (problem) {
        refused(/** @type {Refusal} */ (problem));
      }
    }
    this.#working = false;
  }

  get isWorking() {
    return this.#working;
  }

  /** Whether something newer was asked than what was answered. */
  get isWaited() {
    return this.#next !== null;
  }

  /** Ask again where that makes sense: too fast, no room, or the model fell over. @param {Record<string, any>} inputs */
  async #patient(inputs) {
    for (let falls = 0; ; ) {
      try {
        return { outputs: await this.#fetch("/query", inputs), asked: inputs };
      } catch (problem) {
        const { status, again = AGAIN_MS } = /** @type {Refusal} */ (problem);
        if (status === 502) falls += 1;
        if (!(status === 429 || (status === 502 && falls < MOST_FALLS))) throw problem;
        this.onWait(null, /** @type {Error} */ (problem).message);
        await new Promise((resolve) => setTimeout(resolve, again));
        if (this.#next) inputs = this.#next;
        this.#next = null;
      }
    }
  }

  /** Look how the model is while `work` takes long. @template Result @param {() => Promise<Result>} work @returns {Promise<Result>} */
  async #watched(work) {
    let isDone = false;
    const look = async () => {
      const state = await this.state().catch(() => null);
      if (isDone) return;
      if (state) this.onWait(state, waitingWords(state));
      timer = setTimeout(look, LOOK_MS);
    };
    let timer = setTimeout(look, SLOW_MS);
    try {
      return await work();
    } finally {
      isDone = true;
      clearTimeout(timer);
    }
  }

  /** @param {string} path @param {any} [inputs] */
  async #fetch(path, inputs) {
    const headers = {
      ...(this.token && { Authorization: `Bearer ${this.token}` }),
      ...(inputs && { "Content-Type": "application/json" }),
    };
    const body = inputs ? JSON.stringify(inputs) : null;
    const method = inputs ? "POST" : "GET";
    const answer = await fetch(this.address + path, { method, headers, body }).catch(() => {
      throw new Error(t("The server does not answer; are you on the right network?"));
    });
    const content = await answer.json().catch(() => ({ error: t("The server's answer cannot be read.") }));
    if (answer.ok) return content;
    const again = 1000 * Number(answer.headers.get("Retry-After")) || AGAIN_MS;
    throw Object.assign(new Error(content.error), { status: answer.status, input: content.input, again });
  }
}

/** How a model is, in words. @param {string} state */
export function stateWords(state) {
  const words = /** @type {Record<string, string>} */ ({
    asleep: t("Asleep; it wakes when it is asked"),
    starting: t("Waking up"),
    running: t("Awake"),
    failed: t("It cannot start"),
    offline: t("No connection"),
  });
  return words[state] ?? state;
}

/** Why an answer is not there yet, in words. @param {HostedState} state */
export function waitingWords({ state, waiting, place, seconds }) {
  if (state === "asleep") return t("Waits for room to wake.");
  if (state === "starting") return t("Waking up, a moment.");
  if (place !== null && seconds !== null) return t("In line: place {place}, about {n} second. | In line: place {place}, about {n} seconds.", { place, n: Math.max(1, Math.ceil(seconds)) });
  if (place !== null) return t("In line: place {place}.", { place });
  const others = waiting - 1;
  if (others < 1) return t("It is working on it.");
  return t("In line, with {n} other. | In line, with {n} others.", { n: others });
}
