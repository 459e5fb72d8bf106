/** What a button or a key does, by name; both get it from here. */

import { fillGaussian, fillNoise, nudge } from "./vectors.js";

const NUDGE_ANGLE = 0.35;
const TRUNCATION = "truncation";

/** @typedef {(fine?: boolean) => void} Action */

/**
 * @param {import("./store.js").Store} store
 * @param {import("./session.js").Session} session
 */
export function makeActions(store, session) {
  let noiseSeed = Math.floor(Math.random() * 10000);
  const truncate = (/** @type {number} */ change) => {
    const field = store.get("declaration").inputs.find(({ name }) => name === TRUNCATION);
    if (field?.type !== "number") return;
    const now = store.get("values")[TRUNCATION] ?? field.default;
    const next = Math.min(field.max ?? 1, Math.max(field.min ?? 0, now + change));
    session.setValue(TRUNCATION, Number(next.toFixed(3)));
  };
  return {
    random: () => {
      store.set("touched", "/random");
      session.edit((vector) => fillGaussian(vector));
    },
    zero: () => {
      store.set("touched", "/zero");
      session.edit((vector) => vector.fill(0));
    },
    min: () => session.edit((vector) => vector.fill(-1)),
    max: () => session.edit((vector) => vector.fill(1)),
    perlin: () => {
      session.edit((vector) => fillNoise(vector, ++noiseSeed));
      store.set("origin", { noise: noiseSeed });
    },
    nudge: () => session.edit((vector) => nudge(vector, NUDGE_ANGLE)),
    undo: () => session.undo(),
    redo: () => session.redo(),
    raiseTruncation: (fine = false) => truncate(fine ? 0.01 : 0.05),
    lowerTruncation: (fine = false) => truncate(fine ? -0.01 : -0.05),
  };
}
