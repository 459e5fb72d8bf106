/** The control API, which only the studio's own page may use: it shows the token of this start. */

const ROOT = "/studio/api";

/**
 * Ask for something as JSON; throws an error with the server's sentence when it is refused.
 * @param {string} token
 * @param {string} method
 * @param {string} path
 * @param {any} [content]
 */
export async function ask(token, method, path, content) {
  return (await answerTo(token, method, path, content)).json();
}

/** A file, such as a picture. @param {string} token @param {string} path */
export async function fetchFile(token, path) {
  return (await answerTo(token, "GET", path)).blob();
}

/** @param {string} token @param {string} method @param {string} path @param {any} [content] */
async function answerTo(token, method, path, content) {
  const headers = /** @type {Record<string, string>} */ ({ Authorization: `Bearer ${token}` });
  if (content) headers["Content-Type"] = "application/json";
  const body = content && JSON.stringify(content);
  const answer = await fetch(ROOT + path, { method, headers, body }).catch(() => {
    throw new Error("The server does not answer.");
  });
  if (!answer.ok) throw new Error((await answer.json()).error);
  return answer;
}
