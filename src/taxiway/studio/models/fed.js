/** Which inputs of this page's model another model feeds, asked for while the page is seen. */

import { title } from "../declaration.js";
import { Manager } from "./manager.js";
import { t } from "../words.js";

/** @import { Studio } from "../types.d.ts" */

const EVERY_MS = 4000;

/**
 * Call `tell` with words for every input that is fed, by its name, whenever that changes.
 * @param {Pick<Studio, "store" | "connection">} studio
 * @param {(fed: Record<string, string>) => void} tell
 */
export function followChains({ store, connection }, tell) {
  const manager = new Manager(() => connection.token);
  let told = "";
  const look = async () => {
    const own = store.get("model")?.name;
    const state = document.hidden ? null : await manager.state().catch(() => null);
    if (!state) return;
    const titles = new Map(state.running.map(({ name, title }) => [name, title]));
    const chains = state.chains.filter(({ target }) => target === own);
    const fed = Object.fromEntries(
      chains.map(({ input, source, output }) => [
        input,
        t("{model} feeds it: {output}", { model: titles.get(source) ?? source, output: title(output) }),
      ]),
    );
    const text = JSON.stringify(fed);
    if (text !== told) tell(fed);
    told = text;
  };
  setInterval(look, EVERY_MS);
  store.addEventListener("declaration", () => {
    told = "";
    look();
  });
}
