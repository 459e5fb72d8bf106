/** The presets as one file, out and in. */

import { ask, fetchFile } from "../control.js";
import { h } from "../dom.js";
import { download } from "../files.js";
import { chooseFile } from "../picking.js";
import { sentence } from "../slots.js";

/** @import { Studio } from "../types.d.ts" */

/** @param {Studio} studio */
export function makeScene({ store, connection }) {
  const attempt = async (/** @type {() => Promise<any>} */ work) => {
    try {
      await work();
    } catch (problem) {
      store.set("error", sentence(problem));
    }
  };
  const give = async () => {
    const name = store.get("model")?.name ?? "taxiway";
    download(`${name}-scene.zip`, await fetchFile(connection.token, "/scene"));
  };
  const take = (/** @type {File} */ file) => attempt(() => ask(connection.token, "POST", "/scene", file));
  const button = (/** @type {string} */ words, /** @type {string} */ title, /** @type {() => any} */ onclick) =>
    h("button", { type: "button", title, onclick }, words);
  const out = button("Export", "The presets and their pictures as one file", () => attempt(give));
  const into = button("Import", "Take the presets of a file in place of these", () => chooseFile(take, ".zip,.json"));
  into.hidden = !connection.owns;
  return h("div", { class: "row", role: "group", "aria-label": "Scene" }, out, into);
}
