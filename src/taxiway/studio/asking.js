/** Asking a model that is not played live: what the form holds goes to `/query`, the newest last. */

import { at } from "./address.js";

/** @typedef {import("./store.js").Store} Store */

export class Asker {
  /** Whether every change is sent at once. */
  auto = false;
  /** What is wrong with what was typed, which is then not sent. @type {() => string} */
  wrong = () => "";
  #store;
  #working = false;
  #again = false;

  /** @param {Store} store */
  constructor(store) {
    this.#store = store;
  }

  /** @param {string} name of an input @param {any} value null for its default */
  set(name, value) {
    this.#store.set("form", { ...this.#store.get("form"), [name]: value });
    if (this.auto) this.ask();
  }

  /** Ask now, or once more when the question under way is answered: one waits, never more. */
  async ask() {
    const wrong = this.wrong();
    if (wrong) return this.#store.set("error", wrong);
    this.#again = true;
    if (this.#working) return;
    this.#working = true;
    while (this.#again) {
      this.#again = false;
      await this.#askOnce();
    }
    this.#working = false;
  }

  async #askOnce() {
    const store = this.#store;
    const began = performance.now();
    store.set("asked", { ...store.get("asked"), working: true });
    const { outputs, error, input } = await query(given(store.get("form")));
    if (outputs) store.set("outputs", outputs);
    store.set("error", error ?? "");
    store.set("asked", {
      working: false,
      ms: outputs ? performance.now() - began : null,
      wrong: input ?? null,
    });
  }
}

/** @param {Record<string, any>} form */
const given = (form) => Object.fromEntries(Object.entries(form).filter(([, value]) => value !== null));

/**
 * @param {Record<string, any>} inputs
 * @returns {Promise<{ outputs?: Record<string, any>, error?: string, input?: string }>}
 */
async function query(inputs) {
  try {
    const answer = await fetch(at("/query"), {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(inputs),
    });
    const content = await answer.json();
    return answer.ok ? { outputs: content } : content;
  } catch {
    return { error: "The server does not answer; it is asked again with the next Run." };
  }
}
