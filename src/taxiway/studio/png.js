/** Text inside PNG files: the chunk that carries how a picture was made. */

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const FIRST_CHUNK = 8;
const AFTER_HEADER = 33;

/** The keyword of Taxiway's chunk; the command line writes the same one. */
export const KEYWORD = "taxiway";

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

/** CRC-32 as PNG uses it. @param {Uint8Array} bytes */
export function crc32(bytes) {
  let value = 0xffffffff;
  for (const byte of bytes) value = CRC_TABLE[(value ^ byte) & 255] ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}

/** @param {Uint8Array} bytes */
export function isPng(bytes) {
  return SIGNATURE.every((value, k) => bytes[k] === value);
}

/**
 * Return the PNG with `text` (Latin-1) put in right after its header.
 * @param {Uint8Array} png
 * @param {string} text
 * @param {string} [keyword]
 * @returns {Uint8Array}
 */
export function writeText(png, text, keyword = KEYWORD) {
  const content = latin1(`tEXt${keyword}\0${text}`);
  const chunk = new Uint8Array(8 + content.length);
  const view = new DataView(chunk.buffer);
  view.setUint32(0, content.length - 4);
  chunk.set(content, 4);
  view.setUint32(4 + content.length, crc32(content));
  const result = new Uint8Array(png.length + chunk.length);
  result.set(png.subarray(0, AFTER_HEADER));
  result.set(chunk, AFTER_HEADER);
  result.set(png.subarray(AFTER_HEADER), AFTER_HEADER + chunk.length);
  return result;
}

/**
 * Return the text stored under `keyword`, or null where there is none.
 * @param {Uint8Array} png
 * @param {string} [keyword]
 * @returns {string | null}
 */
export function readText(png, keyword = KEYWORD) {
  if (!isPng(png)) return null;
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  const start = `tEXt${keyword}\0`;
  for (let at = FIRST_CHUNK; at + 12 <= png.length; at += 12 + view.getUint32(at)) {
    const content = png.subarray(at + 4, at + 8 + view.getUint32(at));
    const text = String.fromCharCode(...content.subarray(0, start.length));
    if (text === start) return decodeLatin1(content.subarray(start.length));
  }
  return null;
}

/** @param {string} text */
const latin1 = (text) => Uint8Array.from(text, (character) => character.charCodeAt(0) & 255);

/** @param {Uint8Array} bytes */
const decodeLatin1 = (bytes) => Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
