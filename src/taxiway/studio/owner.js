/**
 * The owner's token: with it a page may start, stop, train and open files, without it only play.
 *
 * The page is given it on the machine that Taxiway runs on; elsewhere it comes with the link of
 * `taxiway run --owner-link`, behind the `#`, which no server and no log gets to see.
 */

const KEY = "taxiway-owner";
const MARK = "#owner=";
export const NOT_OWNER =
  "This page may play. To start, stop, train and open files, open it on the machine that it runs on, or by the link that “taxiway run --owner-link” prints.";

/** Keep the token of a link, and take it out of the address line. Whether there was one. */
export function takeLink() {
  if (!location.hash.startsWith(MARK)) return false;
  keep(decodeURIComponent(location.hash.slice(MARK.length)));
  history.replaceState(null, "", location.pathname + location.search);
  return true;
}

/** The token, or "". @param {Document} page */
export function ownerToken(page) {
  const given = page.querySelector('meta[name="taxiway-owner"]')?.getAttribute("content");
  return given || kept();
}

/** What makes another page of this server the owner's too, if this is one by a link. */
export function ownerMark() {
  return kept() && MARK + encodeURIComponent(kept());
}

/** @param {string} token "" to forget it */
export function keep(token) {
  try {
    sessionStorage.setItem(KEY, token);
  } catch {
    // a browser that keeps nothing plays all the same
  }
}

/** The token that a link brought, or "". */
export function kept() {
  try {
    return sessionStorage.getItem(KEY) ?? "";
  } catch {
    return "";
  }
}
