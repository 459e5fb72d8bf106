/** What a reload of the page does not lose, in this tab of the browser: panel, undo, form. */

/** @import { Session } from "./session.js" */
/** @import { Store } from "./store.js" */

const PREFIX = "taxiway ";
const STEPS = 40;
/** Characters; a form may hold photographs. */
const LONGEST = 2_000_000;

/** @param {string} name @returns {any} null where nothing was kept */
export function kept(name) {
  try {
    return JSON.parse(sessionStorage.getItem(PREFIX + name) ?? "null");
  } catch {
    return null;
  }
}

/** @param {string} name @param {any} value */
export function keep(name, value) {
  try {
    const text = JSON.stringify(value);
    if (text.length <= LONGEST) sessionStorage.setItem(PREFIX + name, text);
  } catch {
    // the browser keeps nothing, or no more
  }
}

/**
 * Keep undo and form when the page goes, and have undo back once the model is known.
 * @param {Store} store
 * @param {Session} session
 */
export function keepThroughReloads(store, session) {
  const model = () => store.get("model")?.name ?? "";
  addEventListener("pagehide", () => {
    keep("form", { model: model(), form: store.get("form") });
    const steps = session.history.newest(STEPS).map(({ state, touched }) => ({
      state: { ...state, vector: Array.from(state.vector) },
      touched: [...touched],
    }));
    const now = { vector: Array.from(store.get("vector")), values: store.get("values"), origin: store.get("origin") };
    keep("undo", { model: model(), steps, now });
  });
  const undo = kept("undo");
  if (undo?.now) session.resume({ ...undo, now: moment(undo.now), steps: undo.steps.map(step) });
}

/** @param {any} step as it was kept */
const step = ({ state, touched }) => ({ state: moment(state), touched: new Set(touched) });

/** @param {any} state as it was kept */
const moment = (state) => ({ ...state, vector: Float32Array.from(state.vector) });

/** The form that was kept of a model; empty for another. @param {string} model @returns {Record<string, any>} */
export function keptForm(model) {
  const form = kept("form");
  return form?.model === model ? form.form : {};
}
