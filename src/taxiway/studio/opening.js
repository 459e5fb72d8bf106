/** A file that somebody dropped, pasted or chose: what it is by its bytes, and where it goes. */

import { ask, sendFile } from "./control.js";
import { vectorInput } from "./declaration.js";
import { parseJson, parseMoment } from "./files.js";
import { addressOf, Manager } from "./models/manager.js";
import { NOT_OWNER } from "./owner.js";
import { isPng, readText } from "./png.js";
import { t } from "./words.js";

/** @import { Connection } from "./connection.js" */
/** @import { Session } from "./session.js" */
/** @import { Store } from "./store.js" */
/** @import { Values } from "./types.d.ts" */

const LONGEST_NUMBERS = 4e6;
const LONGEST_PICTURE = 64e6;
const HEAD = 64;
/** What is trained on texts. */
const TEXTS = "train-text";

/** What is sent shows its progress as a call of the model does, which has numbers above 0. */
const SENDING = -1;

export class Opener {
  #store;
  #session;
  #connection;
  /** What takes pictures, the newest first: true where it did. @type {((file: File) => boolean)[]} */
  #takers = [];

  /** @param {Store} store @param {Session} session @param {Connection} connection */
  constructor(store, session, connection) {
    this.#store = store;
    this.#session = session;
    this.#connection = connection;
  }

  /** Offer pictures to `take` from now on. @param {(file: File) => boolean} take says whether it took it */
  takePictures(take) {
    this.#takers.unshift(take);
  }

  /** Do with a file what it is for. Throws an error with a sentence. @param {File} file */
  async open(file) {
    const head = new Uint8Array(await file.slice(0, HEAD).arrayBuffer());
    if (isPicture(head)) return this.#openPicture(file, isPng(head));
    if (isWorkspace(head)) return this.#openWorkspace(file);
    if (isScene(head)) return this.#openScene(file);
    if (isSession(head)) return this.#film(file);
    const text = file.size < LONGEST_NUMBERS ? await file.text() : "";
    if (/\.txt$/i.test(file.name) && parseJson(text) === null) return this.#learn(file);
    if (/^\s*([[{"\d-]|null|true|false)/.test(text)) return this.#recall(text, file.name);
    return this.#openModel(file);
  }

  /** @param {File} file @param {boolean} isPng */
  async #openPicture(file, isPng) {
    const store = this.#store;
    const isShort = isPng && file.size < LONGEST_PICTURE;
    const text = isShort ? readText(new Uint8Array(await file.arrayBuffer())) : null;
    const own = store.get("model");
    const { model = own?.name } = (text && parseJson(text)) || {};
    if (text !== null && model === own?.name && vectorInput(store.get("declaration"))) {
      return this.#recall(text, file.name);
    }
    if (this.#takers.some((take) => take(file))) return;
    const title = own?.title ?? t("This model");
    if (text !== null) {
      throw new Error(
        t("'{file}' was made by the model '{model}', and {title} is played here: start '{model}' in the list of models, and drop it there.", { file: file.name, model, title }),
      );
    }
    throw new Error(
      t("'{file}' is a picture that does not say which numbers made it, and {title} takes no pictures. Project, under Jobs, looks for the numbers.", { file: file.name, title }),
    );
  }

  /** @param {string} text @param {string} name of its file */
  #recall(text, name) {
    this.#session.recall(parseMoment(text, name, this.#store.get("declaration")));
  }

  /** Show the form that trains on a text. @param {File} file */
  #learn(file) {
    if (!this.#connection.owns) throw new Error(NOT_OWNER);
    document.getElementById("gallery-close")?.click();
    const name = file.name.toLowerCase().replace(/\.txt$/, "").replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");
    this.#store.set("training", { tool: TEXTS, inputs: { dataset: [file], name: name.slice(0, 40) } });
    document.getElementById("tab-train")?.click();
  }

  /** Show the form that films a session. @param {File} file */
  #film(file) {
    if (!this.#connection.owns) throw new Error(NOT_OWNER);
    document.getElementById("gallery-close")?.click();
    showFilmForm(this.#store, file);
  }

  /** Start what is in a workspace. @param {File} file */
  async #openWorkspace(file) {
    if (!this.#connection.owns) throw new Error(NOT_OWNER);
    const { said } = await new Manager(() => this.#connection.token).openWorkspace(file);
    if (said.length) throw new Error(said.join(" "));
  }

  /** Have the presets, movement and timeline of a scene. @param {File} file */
  async #openScene(file) {
    if (!this.#connection.owns) throw new Error(NOT_OWNER);
    await ask(this.#connection.token, "POST", "/scene", file);
  }

  /** Send what may be a model's file, and go to the model's page. @param {File} file */
  async #openModel(file) {
    if (!this.#connection.owns) throw new Error(NOT_OWNER);
    const store = this.#store;
    const sending = new AbortController();
    const from = { time: performance.now(), progress: 0 };
    const report = (/** @type {number} */ progress) =>
      store.set("work", {
        call: SENDING,
        progress: progress < 1 ? progress : null,
        message: progress < 1 ? t("Sends {file}.", { file: file.name }) : t("Looks at {file}.", { file: file.name }),
        from,
        stop: () => sending.abort(),
      });
    try {
      const { token } = this.#connection;
      const upload = await sendFile(token, file, report, sending.signal);
      report(1);
      const opened = await new Manager(() => token).open(upload);
      if (!("toFetch" in opened)) return location.assign(addressOf(opened));
      store.set("work", null); // what is said next is to stay
      store.set("toFetch", opened.toFetch);
    } catch (error) {
      if (!sending.signal.aborted) throw error;
    } finally {
      if (store.get("work")?.call === SENDING) store.set("work", null);
    }
  }
}

/** Whether bytes begin a zip file whose first entry is a workspace's. @param {Uint8Array} head */
export function isWorkspace(head) {
  const text = String.fromCharCode(...head);
  return text.startsWith("PK\x03\x04") && text.startsWith("workspace.json", 30);
}

/** Whether bytes begin a scene: its zip file, or its text. @param {Uint8Array} head */
export function isScene(head) {
  const text = String.fromCharCode(...head);
  return (text.startsWith("PK\x03\x04") && text.startsWith("scene.json", 30)) || text.startsWith('{"taxiway":"scene"');
}

/** Whether bytes begin a session. @param {Uint8Array} head */
export function isSession(head) {
  return String.fromCharCode(...head).startsWith('{"taxiway":"session"');
}

/** Show the form that films a session. @param {Store} store @param {File} session @param {Values} [more] of the inputs */
export function showFilmForm(store, session, more = {}) {
  const file = session.name.replace(/\.jsonl$/, "") + ".mp4";
  store.set("job", { tool: "replay", inputs: { session: [session], file, ...more } });
  document.getElementById("tab-jobs")?.click();
}

/** Whether bytes begin a picture of a format that people have. @param {Uint8Array} head */
export function isPicture(head) {
  const text = String.fromCharCode(...head);
  return (
    isPng(head) ||
    text.startsWith("\xff\xd8\xff") ||
    /^(GIF8|BM|II\*\0|MM\0\*|RIFF....WEBP|....ftyp(avif|heic|mif1))/s.test(text)
  );
}
