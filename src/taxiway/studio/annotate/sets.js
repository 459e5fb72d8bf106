/** Sets of pictures that boxes are drawn into, as the server keeps them (docs/annotation.md). */

import { ask, fetchFile, sendFile } from "../control.js";

/**
 * @typedef {"todo" | "begun" | "done" | "empty" | "skipped"} ShownState
 * @typedef {"open" | "done" | "skipped"} State
 * @typedef {[number, number, number, number, number]} Box left, top, width, height in pixels, and
 *   the id of a class
 * @typedef {{ id: number, name: string, colour: string, key: string, deleted: boolean }} BoxClass
 * @typedef {{ name: string, state: ShownState, boxes: number, version: number }} Listed
 * @typedef {{ pictures: Listed[], classes: BoxClass[], version: number,
 *   counts: Record<string, number>, troubles: string[] }} Overview
 * @typedef {{ title: string, own: boolean, mark: string, overview: Overview | null }} Opened
 * @typedef {{ name: string, version: number, state: State, boxes: Box[], width: number,
 *   height: number }} Shown
 * @typedef {{ id: string, title: string, own: boolean, path: string, created: number,
 *   states: Partial<Record<ShownState, number>>, error: string }} InList
 * @typedef {{ name: string, title: string }} Model
 * @typedef {{ name: string, colour: string, boxes: number, pictures: number }} ClassCount
 * @typedef {{ kind: string, says: string, picture: string, box: number | null }} Fault
 */

const PATH = "/annotations";

/** Every call throws an error with the server's sentence when it is refused. */
export class Sets {
  #token;

  /** @param {() => string} token */
  constructor(token) {
    this.#token = token;
  }

  /** @param {string} method @param {string} path @param {any} [content] @returns {Promise<any>} */
  #ask(method, path, content) {
    return ask(this.#token(), method, PATH + path, content);
  }

  /** @returns {Promise<{ sets: InList[], models: Model[] }>} */
  all() {
    return this.#ask("GET", "");
  }

  /** @param {string} title @returns {Promise<{ id: string }>} */
  create(title) {
    return this.#ask("POST", "", { title });
  }

  /** @param {string} id */
  remove(id) {
    return this.#ask("DELETE", `/${id}`);
  }

  /** What there is; no overview where it is as the `known` mark says. @param {string} id @param {string} [known] @returns {Promise<Opened>} */
  open(id, known = "") {
    return this.#ask("GET", `/${id}?known=${known}`);
  }

  /** @param {string} id @param {string} name @returns {Promise<Shown>} */
  boxes(id, name) {
    return this.#ask("GET", `/${id}/boxes?${named(name)}`);
  }

  /** @param {string} id @param {string} name @param {{ version: number, state: State, boxes: Box[] }} drawn @returns {Promise<Shown>} */
  put(id, name, drawn) {
    return this.#ask("PUT", `/${id}/boxes?${named(name)}`, drawn);
  }

  /** @param {string} id @param {number} version @param {BoxClass[]} classes @returns {Promise<Overview>} */
  putClasses(id, version, classes) {
    return this.#ask("PUT", `/${id}/classes`, { version, classes });
  }

  /** @param {string} id @param {string} name @param {string} model @returns {Promise<{ boxes: Box[], version: number, classes: BoxClass[] }>} */
  propose(id, name, model) {
    return this.#ask("POST", `/${id}/propose`, { name, model });
  }

  /** @param {string} id @returns {Promise<{ pictures: number, classes: ClassCount[], faults: Fault[], more: number, wrong: string[] }>} */
  faults(id) {
    return this.#ask("GET", `/${id}/faults`);
  }

  /** Pictures with their boxes drawn. @param {string} id */
  sheet(id) {
    return fetchFile(this.#token(), `${PATH}/${id}/sheet`);
  }

  /** A whole picture. @param {string} id @param {string} name */
  picture(id, name) {
    return fetchFile(this.#token(), `${PATH}/${id}/picture?${named(name)}`);
  }

  /** A small one. @param {string} id @param {string} name */
  thumbnail(id, name) {
    return fetchFile(this.#token(), `${PATH}/${id}/thumbnail?${named(name)}`);
  }

  /** What is done, as a file. @param {string} id @param {string} format @param {boolean} pictures */
  export(id, format, pictures) {
    return fetchFile(this.#token(), `${PATH}/${id}/export?format=${format}&pictures=${pictures}`);
  }

  /**
   * Send pictures, and zip files of them.
   * @param {string} id
   * @param {File[]} files
   * @param {(sent: number) => void} report takes how many files were sent
   * @returns {Promise<{ pictures: number, boxes: number, wrong: string[] }>}
   */
  async add(id, files, report) {
    const uploads = [];
    for (const file of files) {
      report(uploads.length);
      uploads.push(await sendFile(this.#token(), file));
    }
    return this.#ask("POST", `/${id}/files`, { uploads });
  }

  /** Boxes of any format. @param {string} id @param {File} file @returns {Promise<{ says: string }>} */
  async bringIn(id, file) {
    return this.#ask("POST", `/${id}/import`, { uploads: [await sendFile(this.#token(), file)] });
  }
}

/** @param {string} name */
const named = (name) => `name=${encodeURIComponent(name)}`;

/** What a state is called, and the mark that it has beside its colour. */
export const STATES = /** @type {Record<ShownState, { title: string, mark: string }>} */ ({
  todo: { title: "To do", mark: "" },
  begun: { title: "Begun", mark: "…" },
  done: { title: "Done", mark: "✓" },
  empty: { title: "Empty", mark: "∅" },
  skipped: { title: "Skipped", mark: "–" },
});

/** A state as it is shown. @param {State} state @param {number} boxes @returns {ShownState} */
export function shownState(state, boxes) {
  if (state === "skipped") return "skipped";
  if (state === "done") return boxes ? "done" : "empty";
  return boxes ? "begun" : "todo";
}
