/** Files in and out: the vector as JSON, the picture as a PNG that remembers its vector. */

import { at } from "./address.js";
import { imageOutput, knobs, vectorInput } from "./declaration.js";
import { h } from "./dom.js";
import { chooseFile } from "./picking.js";
import { writeText } from "./png.js";
import { sentence } from "./slots.js";
import { t } from "./words.js";

/** @import { Declaration } from "./types.d.ts" */

/** @typedef {import("./store.js").Store} Store */
/** @import { Opener } from "./opening.js" */

/** @param {Store} store @param {Opener} opener takes what comes in */
export function makeFiles(store, opener) {
  /** Run `work`; what goes wrong is told in one sentence. @param {() => Promise<void> | void} work */
  const attempt = async (work) => {
    try {
      store.set("error", "");
      await work();
    } catch (error) {
      store.set("error", sentence(error));
    }
  };
  const open = (/** @type {File} */ file) => attempt(() => opener.open(file));
  return {
    exportVector: () =>
      download(`${nameOf(store)}.json`, new Blob([JSON.stringify(momentOf(store))])),
    downloadPicture: () => attempt(() => downloadPicture(store)),
    chooseFile: () => chooseFile(open, ""),
    acceptFiles: () => acceptFiles(open),
    savePicture,
    takePictures: (/** @type {(file: File) => boolean} */ take) => opener.takePictures(take),
  };
}

/** What is on stage, under the names that `/query` takes. @param {Store} store */
function momentOf(store) {
  const declaration = store.get("declaration");
  const vector = vectorInput(declaration);
  const others = knobs(declaration).map(({ name, default: fallback }) => [
    name,
    store.get("values")[name] ?? fallback ?? null,
  ]);
  const given = others.filter(([name, value]) => value !== null && !(vector && name === "seed"));
  const numbers = vector ? { [vector.name]: Array.from(store.get("vector")) } : {};
  return { ...numbers, ...Object.fromEntries(given) };
}

/** The model's own answer in full quality, without touching what others play. @param {Store} store */
async function downloadPicture(store) {
  const output = imageOutput(store.get("declaration"));
  if (!output) throw new Error("This model gives no picture.");
  const moment = momentOf(store);
  const answer = await fetch(at("/query"), {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Runway-Output-Format": `${output.name}=PNG` },
    body: JSON.stringify(moment),
  }).catch(() => {
    throw new Error("The server does not answer; the picture is there once it does.");
  });
  const outputs = await answer.json();
  if (!answer.ok) throw new Error(outputs.error);
  const picture = bytesOf(outputs[output.name]);
  const text = JSON.stringify({ model: store.get("model")?.name, ...moment });
  download(
    `${nameOf(store)}.png`,
    new Blob([/** @type {any} */ (writeText(picture, text))], { type: "image/png" }),
  );
}

/** Keep a picture as it came. @param {string} name @param {string} uri a data URI */
export function savePicture(name, uri) {
  const type = uri.startsWith("data:image/png") ? "image/png" : "image/jpeg";
  const suffix = type === "image/png" ? "png" : "jpg";
  download(`${name}.${suffix}`, new Blob([/** @type {any} */ (bytesOf(uri))], { type }));
}

/** @param {string} uri a data URI in base64 */
export function bytesOf(uri) {
  return Uint8Array.from(atob(uri.slice(uri.indexOf(",") + 1)), (character) =>
    character.charCodeAt(0),
  );
}

/** `painter-seed-5`, or with the time of day where there is no seed. @param {Store} store */
function nameOf(store) {
  const origin = store.get("origin");
  const model = store.get("model")?.name ?? "taxiway";
  if (origin && "seed" in origin) return `${model}-seed-${origin.seed}`;
  return `${model}-${new Date().toISOString().slice(0, 19).replace(/[T:]/g, "-")}`;
}

/** @param {string} name @param {Blob} blob */
export function download(name, blob) {
  const href = URL.createObjectURL(blob);
  const link = h("a", { href, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(href), 10000);
}

/** Take files dropped anywhere on the page, or pasted. @param {(file: File) => void} take */
function acceptFiles(take) {
  const mark = (/** @type {boolean} */ on) => document.body.classList.toggle("dropping", on);
  const isOfFiles = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes("Files");
  addEventListener("dragover", (event) => {
    event.preventDefault();
    mark(Boolean(isOfFiles(event)));
  });
  addEventListener("dragleave", (event) => event.relatedTarget || mark(false));
  // Before the widgets, which keep what is dropped on them for themselves.
  addEventListener("drop", () => mark(false), { capture: true });
  const takeFirst = (/** @type {Event} */ event, /** @type {DataTransfer | null} */ data) => {
    const file = data?.files[0];
    if (event.type === "drop" || file) event.preventDefault();
    if (file) take(file);
  };
  addEventListener("drop", (event) => takeFirst(event, event.dataTransfer));
  addEventListener("paste", (event) => takeFirst(event, event.clipboardData));
}

/**
 * Read a list of numbers, or an object under the names that `/query` takes.
 * @param {string} text
 * @param {string} file its name
 * @param {Declaration} declaration
 */
export function parseMoment(text, file, declaration) {
  const field = vectorInput(declaration);
  if (!field) throw new Error("This model takes no vector.");
  const content = parseJson(text);
  const numbers = Array.isArray(content) ? content : content?.[field.name];
  if (!Array.isArray(numbers)) {
    throw new Error(
      t("'{file}' takes a JSON list of {n} numbers, or an object with such a list as '{name}'.", { file, n: field.length, name: field.name }),
    );
  }
  if (numbers.length !== field.length || !numbers.every(Number.isFinite)) {
    throw new Error(
      t("'{name}' takes {n} numbers, '{file}' has {found}.", { name: field.name, n: field.length, file, found: numbers.filter(Number.isFinite).length }),
    );
  }
  const names = knobs(declaration)
    .map(({ name }) => name)
    .filter((name) => name !== "seed");
  const values = Object.fromEntries(
    names.filter((name) => name in content).map((name) => [name, content[name]]),
  );
  return { vector: Float32Array.from(numbers), values };
}

/** What JSON says; null for what is none. @param {string} text */
export function parseJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
