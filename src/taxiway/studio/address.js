/** Where this server is: the page may lie below a path of another one, such as a proxy's. */

/**
 * The whole address of a path of this server, such as `/query`.
 * @param {string} path
 */
export function at(path) {
  return new URL(`.${path}`, document.baseURI).href;
}

/** The server's own address, without a slash at its end. */
export function ownAddress() {
  return at("/").replace(/\/$/, "");
}
