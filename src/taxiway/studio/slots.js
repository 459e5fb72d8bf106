/**
 * The members of a slot: the files in panels/ and widgets/, and those of installed packages.
 *
 * Which there are the server has written into the page (docs/extending.md).
 */

import { t } from "./words.js";

const SLOW_MS = 10000;

/** @import { Loaded } from "./types.d.ts" */
/** @typedef {{ name: string, url?: string, error?: string, ours?: boolean }} Listed */

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

/**
 * Our own come as surely as the page did, however busy the machine or slow the network is.
 * @param {Listed} listed @param {string} needed @returns {Promise<Loaded<any>>}
 */
async function load({ name, url = "", error = "", ours = false }, needed) {
  if (error) return { name, member: null, error };
  try {
    const member = (await (ours ? import(url) : Promise.race([import(url), tooSlow()]))).default;
    if (typeof member?.[needed] === "function") return { name, member, error };
    return { name, member: null, error: t("{file} has no default export with '{name}'.", { file: url, name: needed }) };
  } catch (problem) {
    return { name, member: null, error: t("{file} cannot be loaded: {why}", { file: url, why: sentence(problem) }) };
  }
}

/** @returns {Promise<never>} */
function tooSlow() {
  const seconds = SLOW_MS / 1000;
  return new Promise((_, fail) =>
    setTimeout(() => fail(new Error(t("it did not come within {n} seconds.", { n: seconds }))), SLOW_MS),
  );
}

/** What went wrong, as people read it, in their language where it is known. @param {unknown} problem */
export function sentence(problem) {
  return t(problem instanceof Error ? problem.message : String(problem));
}
