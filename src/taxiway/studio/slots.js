/**
 * The members of a slot: the files in panels/ and widgets/, and those of installed packages.
 *
 * Which there are the server has written into the page (docs/extending.md).
 */

const SLOW_MS = 10000;

/** @import { Loaded } from "./types.d.ts" */
/** @typedef {{ name: string, url?: string, error?: string }} Listed */

/**
 * Load every member of a slot; one that fails is a sentence in `error`, and the others go on.
 * @template Member
 * @param {"panels" | "widgets"} slot
 * @param {string} needed the function that a member has
 * @returns {Promise<Loaded<Member>[]>}
 */
export function loadSlot(slot, needed) {
  const list = document.querySelector('meta[name="taxiway-slots"]')?.getAttribute("content");
  /** @type {Listed[]} */
  const listed = JSON.parse(list || "{}")[slot] ?? [];
  return Promise.all(listed.map((one) => load(one, needed)));
}

/** @param {Listed} listed @param {string} needed @returns {Promise<Loaded<any>>} */
async function load({ name, url = "", error = "" }, needed) {
  if (error) return { name, member: null, error };
  try {
    const member = (await Promise.race([import(url), tooSlow()])).default;
    if (typeof member?.[needed] === "function") return { name, member, error };
    return { name, member: null, error: `${url} has no default export with '${needed}'.` };
  } catch (problem) {
    return { name, member: null, error: `${url} cannot be loaded: ${sentence(problem)}` };
  }
}

/** @returns {Promise<never>} */
function tooSlow() {
  const seconds = SLOW_MS / 1000;
  return new Promise((_, fail) =>
    setTimeout(() => fail(new Error(`it did not come within ${seconds} seconds.`)), SLOW_MS),
  );
}

/** What went wrong, as people read it. @param {unknown} problem */
export function sentence(problem) {
  return problem instanceof Error ? problem.message : String(problem);
}
