/** The binary messages of the studio's socket, as docs/wire.md defines them; little-endian. */

export const MAGIC = 0x54;
export const VERSION = 1;
export const CLIENT_HEAD = 16;
export const SERVER_HEAD = 40;

/** @import { Frame } from "./types.d.ts" */

const SET = 1;
const ACK = 3;
const TILE = 5;
const KINDS = /** @type {Record<number, Frame["kind"]>} */ ({ 1: "frame", 2: "tile", 3: "vector" });
const CODECS = /** @type {Record<number, string>} */ ({ 1: "image/jpeg", 2: "image/png" });

/**
 * @param {number} kind
 * @param {number} seq
 * @param {number} time ms
 * @param {number} bodySize bytes
 */
function message(kind, seq, time, bodySize) {
  const view = new DataView(new ArrayBuffer(CLIENT_HEAD + bodySize));
  view.setUint8(0, MAGIC);
  view.setUint8(1, VERSION);
  view.setUint8(2, kind);
  view.setUint32(4, seq, true);
  view.setFloat64(8, time, true);
  return view;
}

/**
 * Replace z.
 * @param {number} seq
 * @param {number} time ms
 * @param {Float32Array} vector
 */
export function encodeVector(seq, time, vector) {
  const view = message(SET, seq, time, 4 + 4 * vector.length);
  view.setUint16(CLIENT_HEAD + 2, vector.length, true);
  for (let i = 0; i < vector.length; i++) {
    view.setFloat32(CLIENT_HEAD + 4 + 4 * i, vector[i], true);
  }
  return view.buffer;
}

/**
 * Give one credit back: this frame was drawn.
 * @param {number} frame
 * @param {number} time ms
 */
export function encodeAcknowledge(frame, time) {
  return message(ACK, frame, time, 0).buffer;
}

/**
 * @typedef {object} TileRequest one cell of the latent map
 * @property {number} id
 * @property {number} seed of the field
 * @property {number} level
 * @property {number} i
 * @property {number} j
 * @property {number} similarity
 */

/** @param {number} time ms @param {TileRequest} tile */
export function encodeTile(time, tile) {
  const view = message(TILE, 0, time, 24);
  view.setUint32(CLIENT_HEAD, tile.seed, true);
  view.setInt32(CLIENT_HEAD + 4, tile.level, true);
  view.setInt32(CLIENT_HEAD + 8, tile.i, true);
  view.setInt32(CLIENT_HEAD + 12, tile.j, true);
  view.setFloat32(CLIENT_HEAD + 16, tile.similarity, true);
  view.setUint32(CLIENT_HEAD + 20, tile.id, true);
  return view.buffer;
}

/**
 * Read a server's binary message; null for one that is foreign, of another version or cut short.
 * @param {ArrayBuffer} buffer
 * @returns {Frame | null}
 */
export function decodeFrame(buffer) {
  if (buffer.byteLength < SERVER_HEAD) return null;
  const view = new DataView(buffer);
  const kind = KINDS[view.getUint8(2)];
  const size = view.getUint32(36, true);
  if (view.getUint8(0) !== MAGIC || view.getUint8(1) !== VERSION || !kind) return null;
  if (size !== buffer.byteLength - SERVER_HEAD) return null;
  return {
    kind,
    mime: CODECS[view.getUint8(3)] ?? null,
    number: view.getUint32(4, true),
    inputSeq: view.getUint32(8, true),
    time: view.getFloat64(12, true),
    width: view.getUint16(20, true),
    height: view.getUint16(22, true),
    merged: view.getUint16(24, true),
    flags: view.getUint16(26, true),
    renderMs: view.getFloat32(28, true),
    encodeMs: view.getFloat32(32, true),
    payload: buffer.slice(SERVER_HEAD),
  };
}
