/** Small pictures of the server, each fetched once; they never change under their name. */

import { fetchFile } from "../control.js";

/** @type {Map<string, Promise<string>>} */
const known = new Map();

/**
 * Show a picture in an element; it stays empty where there is none.
 * @param {HTMLImageElement} image
 * @param {string} token
 * @param {string} name of its file, or empty
 */
export async function showPicture(image, token, name) {
  if (image.dataset.picture === name) return;
  image.dataset.picture = name;
  image.hidden = !name;
  if (!name) return;
  const address = await (known.get(name) ?? fetched(token, name));
  if (image.dataset.picture === name) image.src = address;
}

/** Let go of pictures that are shown no more. @param {Set<string>} used */
export function keepOnly(used) {
  for (const [name, address] of known) {
    if (used.has(name)) continue;
    known.delete(name);
    address.then((found) => found && URL.revokeObjectURL(found));
  }
}

/** @param {string} token @param {string} name */
function fetched(token, name) {
  const address = fetchFile(token, `/live-pictures/${name}`)
    .then((blob) => URL.createObjectURL(blob))
    .catch(() => "");
  known.set(name, address);
  return address;
}
