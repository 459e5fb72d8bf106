/** The visitor's token: out of the link, out of the address, kept for this tab. */

import { keep, kept } from "../keeping.js";

const TOKEN = /tw_[\w-]{20,}/;

/**
 * The token behind the `#` of the address, or that of an earlier visit in this tab. It leaves the
 * address, and with it what a projector shows and what the browser's history tells.
 * @param {string} model
 */
export function takeToken(model) {
  const [given] = location.hash.match(TOKEN) ?? [];
  if (given) keep(keyOf(model), given);
  if (location.hash) history.replaceState(null, "", location.pathname + location.search);
  return /** @type {string} */ (kept(keyOf(model)) ?? "");
}

/** A token in a text such as a link; empty where there is none. @param {string} text */
export const tokenIn = (text) => text.match(TOKEN)?.[0] ?? "";

/** @param {string} model @param {string} token */
export const keepToken = (model, token) => keep(keyOf(model), token);

/** @param {string} model */
const keyOf = (model) => ["token", model].join(" ");
