/** The control API, which only the studio's own page may use: it shows the token of this start. */

import { at } from "./address.js";

const ROOT = "/studio/api";
/** Bytes. */
const PIECE = 8 * 2 ** 20;

/**
 * Ask for something as JSON; throws an error with the server's sentence when it is refused.
 * @param {string} token
 * @param {string} method
 * @param {string} path
 * @param {any} [content]
 */
export async function ask(token, method, path, content) {
  return (await answerTo(token, method, path, content)).json();
}

/** A file, such as a picture. @param {string} token @param {string} path */
export async function fetchFile(token, path) {
  return (await answerTo(token, "GET", path)).blob();
}

/**
 * Send a file in pieces, for a job or as a model.
 * @param {string} token
 * @param {File} file
 * @param {(part: number) => void} [report] takes how much was sent, from 0 to 1
 * @param {AbortSignal | null} [signal] breaks it off
 * @returns {Promise<string>} the id by which it is taken
 */
export async function sendFile(token, file, report = () => {}, signal = null) {
  const first = `name=${encodeURIComponent(file.name)}`;
  let id = "";
  for (let sent = 0; !id || sent < file.size; sent += PIECE) {
    const path = `/jobs/uploads?${id ? `id=${id}` : first}`;
    report(sent / file.size || 0);
    const answer = await answerTo(token, "POST", path, file.slice(sent, sent + PIECE), signal);
    ({ id } = await answer.json());
  }
  return id;
}

/**
 * Hear the server-sent events of a path until `signal` or the server ends them.
 * @param {string} token
 * @param {string} path
 * @param {AbortSignal} signal
 * @param {(name: string, content: any) => void} received
 */
export async function follow(token, path, signal, received) {
  const answer = await answerTo(token, "GET", path, undefined, signal);
  const reader = /** @type {ReadableStream<Uint8Array>} */ (answer.body).getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    const events = (text + decoder.decode(part.value, { stream: true })).split("\n\n");
    text = events.pop() ?? "";
    for (const event of events) {
      const [, name, content] = event.match(/^event: (.*)\ndata: (.*)$/) ?? [];
      if (name) received(name, JSON.parse(content));
    }
  }
}

/**
 * Ask for something; throws an error with the server's sentence when it is refused.
 * @param {string} token
 * @param {string} method
 * @param {string} path
 * @param {any} [content] bytes as they are, anything else as JSON
 * @param {AbortSignal | null} [signal]
 */
export async function answerTo(token, method, path, content, signal = null) {
  const headers = /** @type {Record<string, string>} */ ({ Authorization: `Bearer ${token}` });
  const isFile = content instanceof Blob;
  if (content) headers["Content-Type"] = isFile ? "application/octet-stream" : "application/json";
  const body = isFile ? content : content && JSON.stringify(content);
  const answer = await fetch(at(ROOT + path), { method, headers, body, signal }).catch((problem) => {
    throw signal?.aborted ? problem : new Error("The server does not answer.");
  });
  if (!answer.ok) throw Object.assign(new Error((await answer.json()).error), { status: answer.status });
  return answer;
}
