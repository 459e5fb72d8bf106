/** The camera as a source of pictures: one after the other while it is on, then the last stays. */

import { h } from "./dom.js";
import { drawn } from "./picking.js";
import { t } from "./words.js";

const EVERY_MS = 100;

export class Camera {
  button = h("button", { type: "button", class: "camera" }, "Camera");
  #video = h("video", { playsinline: true });
  /** @type {MediaStream | null} */
  #stream = null;
  #timer = 0;
  #give;
  #reject;

  /** @param {(picture: string) => void} give @param {(sentence: string) => void} reject */
  constructor(give, reject) {
    this.#give = give;
    this.#reject = reject;
    this.#video.muted = true;
    this.button.addEventListener("click", () => (this.#stream ? this.stop() : this.#start()));
  }

  stop() {
    clearInterval(this.#timer);
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = null;
    this.button.textContent = t("Camera");
  }

  async #start() {
    try {
      this.#stream = await navigator.mediaDevices.getUserMedia({ video: true });
    } catch {
      const where = isSecureContext ? "no camera, or you did not allow it" : "it needs https";
      this.#reject(t("The camera cannot be used: {why}.", { why: t(where) }));
      return;
    }
    this.#video.srcObject = this.#stream;
    await this.#video.play();
    this.button.textContent = t("Take it");
    this.#timer = setInterval(() => this.#shoot(), EVERY_MS);
  }

  #shoot() {
    if (!this.button.isConnected) return this.stop();
    const { videoWidth, videoHeight } = this.#video;
    if (videoWidth && !document.hidden) this.#give(drawn(this.#video, videoWidth, videoHeight));
  }
}
