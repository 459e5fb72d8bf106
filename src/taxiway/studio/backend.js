/**
 * This tab makes the model's pictures in the server's place, on its own GPU: for the stage, `/query`,
 * OSC and all others alike, until it is closed. servers/studio/page_backend.py is the other end.
 */

import { at } from "./address.js";
import { ask, fetchFile } from "./control.js";
import { h } from "./dom.js";
import { sentence } from "./slots.js";
import { number, t } from "./words.js";

/** @import { Studio } from "./types.d.ts" */

const PROTOCOL = "taxiway.1";
const ENDED = ["stopped", "done", "failed"];

/** The switch, and how it does. @param {Studio} studio */
export function makeBackendSwitch({ store, connection }) {
  const box = /** @type {HTMLInputElement} */ (h("input", { type: "checkbox", class: "switch", role: "switch", id: "backend" }));
  const said = h("p", { class: "hint", id: "backend-said", role: "status" });
  const section = h(
    "section",
    { class: "block" },
    h("label", { class: "switch-line" }, box, t("This tab makes the pictures")),
    said,
  );
  /** @type {Backend | null} */
  let backend = null;
  const say = (/** @type {string} */ words) => (said.textContent = words);
  const end = (/** @type {string} */ words) => {
    backend?.close();
    [backend, box.checked] = [null, false];
    say(words);
  };
  box.addEventListener("change", () => {
    if (!box.checked) return end("");
    backend = new Backend(connection.token, store.get("model")?.name ?? "", say, end);
    backend.open();
  });
  store.follow(["model", "declaration"], () => {
    const { family } = /** @type {any} */ (store.get("model") ?? {});
    section.hidden = family !== "stylegan" || !connection.owns;
  });
  return section;
}

/** One attempt; `say` hears how it does, `end` that it is over, and why. */
class Backend {
  #token = "";
  #model = "";
  /** @type {(words: string) => void} */
  #say;
  /** @type {(words: string) => void} */
  #end;
  #worker = /** @type {Worker | null} */ (null);
  #socket = /** @type {WebSocket | null} */ (null);
  #steps = {};
  #isOver = false;

  /** @param {string} token @param {string} model @param {(words: string) => void} say @param {(words: string) => void} end */
  constructor(token, model, say, end) {
    this.#token = token;
    this.#model = model;
    this.#say = say;
    this.#end = (words) => {
      if (!this.#isOver) end(words);
    };
  }

  close() {
    this.#isOver = true;
    this.#socket?.close();
    this.#worker?.terminate();
  }

  async open() {
    try {
      this.#say(t("The model comes to this tab …"));
      const { about, block } = await this.#fetch();
      if (this.#isOver) return;
      this.#worker = new Worker(new URL("engine/worker.js", import.meta.url), { type: "module" });
      const { engine } = await this.#asked("open", { about, block, engine: "auto" });
      if (this.#isOver) return;
      this.#say(t("Its pictures are compared with the server's …"));
      const directions = about.directions.map((/** @type {any} */ { name }) => name);
      this.#offer({ type: "offer", model: this.#model, directions, engine });
    } catch (error) {
      this.#end(sentence(error));
    }
  }

  /** What a job of the server writes of the model, for browsers. */
  async #fetch() {
    const inputs = { dtype: "float32", zip: false };
    let job = await ask(this.#token, "POST", "/jobs", { tool: "export", model: this.#model, inputs });
    while (!ENDED.includes(job.state)) {
      await new Promise((resolve) => setTimeout(resolve, 300));
      job = await ask(this.#token, "GET", `/jobs/${job.id}`);
    }
    try {
      if (job.state !== "done") throw new Error(job.message);
      const file = (/** @type {string} */ name) => fetchFile(this.#token, `/jobs/${job.id}/files/${name}`);
      const about = JSON.parse(await (await file("model.json")).text());
      return { about, block: await (await file("model.bin")).arrayBuffer() };
    } finally {
      await ask(this.#token, "DELETE", `/jobs/${job.id}`).catch(() => {});
    }
  }

  /** @param {any} offer */
  #offer(offer) {
    const address = at("/studio/backend").replace(/^http/, "ws");
    const socket = new WebSocket(address, [PROTOCOL, `token.${this.#token}`]);
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onopen = () => socket.send(JSON.stringify(offer));
    socket.onclose = () => this.#end(t("The server makes the pictures again."));
    socket.onmessage = ({ data }) => {
      const word = typeof data === "string" ? JSON.parse(data) : null;
      if (!word) this.#make(socket, new Float32Array(data));
      else if (word.type === "make") this.#steps = word.steps;
      else if (word.type === "refused") this.#end(t("The server makes the pictures: {why}", { why: word.message }));
      else this.#say(works(word, offer.engine));
    };
  }

  /** @param {WebSocket} socket @param {Float32Array} ws */
  async #make(socket, ws) {
    try {
      const { pixels } = await this.#asked("picture", { ws, ...this.#steps });
      socket.send(/** @type {any} */ (withoutAlpha(pixels)));
    } catch (error) {
      socket.send(sentence(error));
    }
  }

  /** @param {string} what @param {any} given @returns {Promise<any>} */
  #asked(what, given) {
    const worker = /** @type {Worker} */ (this.#worker);
    return new Promise((resolve, reject) => {
      worker.onmessage = ({ data: { answer, error } }) => (error ? reject(new Error(error)) : resolve(answer));
      worker.onerror = () => reject(new Error("This browser cannot start what computes the pictures."));
      worker.postMessage({ id: 0, ask: what, given });
    });
  }
}

/** @param {any} word @param {string} engine */
function works({ milliseconds, own_milliseconds: own }, engine) {
  const figures = { engine, ms: number(milliseconds, 0), own: number(own, 0) };
  return t("Made here by {engine}: {ms} ms a picture, with the way; by the server: {own} ms.", figures);
}

/** @param {Uint8ClampedArray} pixels RGBA @returns {Uint8Array} RGB */
function withoutAlpha(pixels) {
  const result = new Uint8Array((pixels.length / 4) * 3);
  for (let from = 0, to = 0; from < pixels.length; from += 4, to += 3) {
    result[to] = pixels[from];
    result[to + 1] = pixels[from + 1];
    result[to + 2] = pixels[from + 2];
  }
  return result;
}
