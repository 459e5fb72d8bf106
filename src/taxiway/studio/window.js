/** The page at /output, opened from the studio. */

import { at } from "./address.js";

/** The picture alone in a window of its own, for a second screen. @param {import("./store.js").Store} store */
export function openOutput(store) {
  const flashes = store.get("flashes") ? "&flashes=1" : "";
  open(at(`/output?ground=black${flashes}`), "taxiway-output", "popup,width=960,height=720");
}
