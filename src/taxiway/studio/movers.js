/** Who else moves a control now: a knob of the mapping, a program, a walk, another page. */

/** @import { Connection } from "./connection.js" */
/** @import { Store } from "./store.js" */

/** For so long after it was moved a control is said to be moved by somebody. */
const REST_MS = 2000;

/** @param {Connection} connection @param {Store} store */
export function keepMovers(connection, store) {
  const timers = /** @type {Map<string, number>} */ (new Map());
  const forget = (/** @type {string} */ name) => {
    const { [name]: _, ...others } = store.get("movers");
    store.set("movers", others);
  };
  connection.onMessage((message) => {
    if (message.type !== "values") return;
    for (const [name, who] of Object.entries(message.movers ?? {})) {
      clearTimeout(timers.get(name));
      timers.set(name, setTimeout(() => forget(name), REST_MS));
      const movers = store.get("movers");
      if (movers[name] !== who) store.set("movers", { ...movers, [name]: who });
    }
  });
}
