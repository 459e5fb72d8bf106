/**
 * The studio's one socket: binary and JSON messages both ways, and reconnecting for ever.
 *
 * Events: those of `onMessage` and `onFrame`, `close`, and `renewed` when the server that is met
 * again is another one than before.
 */

import { at } from "./address.js";
import { decodeFrame } from "./frames.js";
import { keep as keepHere, kept as keptHere } from "./keeping.js";
import { keep, kept, ownerToken, takeLink } from "./owner.js";
import { t } from "./words.js";

/** @import { Frame, PageMessage, ServerMessage } from "./types.d.ts" */

const PROTOCOL = "taxiway.1";
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 8000;
/** Characters of a message (docs/wire.md). */
const LARGEST = 65_536;

export class Connection extends EventTarget {
  /** @type {WebSocket | null} */
  #socket = null;
  #delay = FIRST_DELAY_MS;
  #token = tokenIn(document);
  #isScreen;
  #owner = "";

  /** @param {{ isScreen?: boolean }} [options] whether it is the page at /output, which nobody owns */
  constructor({ isScreen = false } = {}) {
    super();
    this.#isScreen = isScreen;
    if (isScreen) return;
    takeLink();
    this.#owner = ownerToken(document);
    addEventListener("hashchange", () => takeLink() && location.reload());
  }

  /** What the control API wants to see; another one after each start of the server. */
  get token() {
    return this.#owner || this.#token;
  }

  /** Whether this is the owner's page, which may do more than play. */
  get owns() {
    return this.#owner !== "";
  }

  get isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  open() {
    const said = [PROTOCOL, `token.${this.token}`, `tab.${tabName()}`, ...(this.#isScreen ? ["screen"] : [])];
    const socket = new WebSocket(socketAddress(), said);
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) => this.#receive(data);
    socket.onclose = () => this.#reopenLater();
  }

  /**
   * Dropped silently while offline: what still matters is sent anew after the next `hello`.
   * @param {ArrayBuffer} message
   */
  sendBinary(message) {
    if (this.isOpen) this.#socket?.send(message);
  }

  /** @param {PageMessage} message */
  sendMessage(message) {
    const text = JSON.stringify(message);
    if (text.length > LARGEST) return this.#refuse(text.length, "seq" in message ? message.seq : 0);
    if (this.isOpen) this.#socket?.send(text);
  }

  /** What the server would close the line for is not sent. @param {number} size characters @param {number} seq */
  #refuse(size, seq) {
    const message = t("What was given takes {n} kB, and 64 kB can be played live: give a smaller picture.", { n: Math.ceil(size / 1024) });
    this.dispatchEvent(new CustomEvent("message", { detail: { type: "error", message, input: null, seq } }));
  }

  /** @param {(message: ServerMessage) => void} listener */
  onMessage(listener) {
    this.addEventListener("message", (event) => listener(/** @type {CustomEvent} */ (event).detail));
  }

  /** @param {(frame: Frame) => void} listener */
  onFrame(listener) {
    this.addEventListener("frame", (event) => listener(/** @type {CustomEvent} */ (event).detail));
  }

  /** @param {ArrayBuffer | string} data */
  #receive(data) {
    this.#delay = FIRST_DELAY_MS;
    const detail = typeof data === "string" ? JSON.parse(data) : decodeFrame(data);
    const name = typeof data === "string" ? "message" : "frame";
    if (detail) this.dispatchEvent(new CustomEvent(name, { detail }));
  }

  #reopenLater() {
    this.dispatchEvent(new Event("close"));
    setTimeout(() => this.#reopen(), this.#delay);
    this.#delay = Math.min(2 * this.#delay, LONGEST_DELAY_MS);
  }

  /**
   * A server that was started anew wants another token, which its page tells. Not so the owner's
   * of a link: with that of an earlier start the page goes on as a player's.
   */
  async #reopen() {
    try {
      const page = await fetch(location.href, { cache: "no-store" });
      const parsed = new DOMParser().parseFromString(await page.text(), "text/html");
      const owner = this.#isScreen ? "" : ownerToken(parsed);
      if (owner === kept() && owner && !(await isAccepted(owner))) {
        keep("");
        location.reload();
        return;
      }
      this.#renew(tokenIn(parsed), owner);
      this.open();
    } catch {
      this.#reopenLater();
    }
  }

  /** @param {string} token @param {string} owner */
  #renew(token, owner) {
    if (!token || (token === this.#token && owner === this.#owner)) return;
    [this.#token, this.#owner] = [token, owner];
    this.dispatchEvent(new Event("renewed"));
  }
}

/** Whether the server knows a token. @param {string} token */
async function isAccepted(token) {
  const headers = { Authorization: `Bearer ${token}` };
  return (await fetch(at("/studio/api/desk"), { headers })).status !== 403;
}

/** What the server knows this tab by when it comes back, so that what it began stays its own. */
function tabName() {
  const name = keptHere("tab") ?? Array.from(crypto.getRandomValues(new Uint8Array(8)), (n) => n.toString(16)).join("");
  keepHere("tab", name);
  return name;
}

function socketAddress() {
  return at("/studio/socket").replace(/^http/, "ws");
}

/** @param {Document} page */
function tokenIn(page) {
  return page.querySelector('meta[name="taxiway-token"]')?.getAttribute("content") ?? "";
}
