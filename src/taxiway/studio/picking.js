/** Getting files and pictures from people, as data URIs that models read. */

import { h } from "./dom.js";
import { t } from "./words.js";

/** Formats that go as they are; the others, and photos that know which way is up, are redrawn. */
const PLAIN = ["image/png", "image/webp", "image/bmp"];
const QUALITY = 0.95;

/** @param {(file: File) => void} take @param {string} accept */
export function chooseFile(take, accept) {
  const input = h("input", { type: "file", accept: accept || null });
  input.addEventListener("change", () => input.files?.[0] && take(input.files[0]));
  input.click();
}

/** @param {Blob} file @returns {Promise<string>} */
export function dataUri(file) {
  return new Promise((done, fail) => {
    const reader = new FileReader();
    reader.onload = () => done(/** @type {string} */ (reader.result));
    reader.onerror = () => fail(reader.error);
    reader.readAsDataURL(file);
  });
}

/**
 * The picture in a file. Throws an error with a sentence where there is none.
 * @param {File} file
 * @returns {Promise<string>} a data URI
 */
export async function pictureIn(file) {
  if (PLAIN.includes(file.type)) return dataUri(file);
  const bitmap = await createImageBitmap(file).catch(() => {
    throw new Error(t("'{file}' is no picture that this browser can read.", { file: file.name }));
  });
  const uri = drawn(bitmap, bitmap.width, bitmap.height);
  bitmap.close();
  return uri;
}

/** @param {CanvasImageSource} source @param {number} width @param {number} height @param {string} [type] */
export function drawn(source, width, height, type = "image/jpeg") {
  const canvas = canvasOf(width, height);
  canvas.getContext("2d")?.drawImage(source, 0, 0, width, height);
  return canvas.toDataURL(type, QUALITY);
}

/** @param {number} width @param {number} height @param {Record<string, any>} [properties] */
export function canvasOf(width, height, properties = {}) {
  const canvas = h("canvas", properties);
  resize(canvas, width, height);
  return canvas;
}

/** Change a canvas's size in pixels, and tell the style sheet its shape. @param {HTMLCanvasElement} canvas @param {number} width @param {number} height */
export function resize(canvas, width, height) {
  Object.assign(canvas, { width, height });
  canvas.style.setProperty("--aspect", String(width / height));
}

/** The picture of a data URI, once it can be drawn. @param {string} uri */
export async function loaded(uri) {
  const picture = new Image();
  picture.src = uri;
  await picture.decode();
  return picture;
}
