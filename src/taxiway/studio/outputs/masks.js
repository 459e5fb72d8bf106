/** Labels or a mask over the picture that was asked about: colours, a legend, each to be hidden. */

import { isPicture, title } from "../declaration.js";
import { h } from "../dom.js";
import { canvasOf, loaded, resize } from "../picking.js";
import { number, t } from "../words.js";

/** @import { Declaration, Field, SegmentationField, Studio } from "../types.d.ts" */

/**
 * @typedef {"over" | "mask" | "picture"} Look
 * @typedef {object} Kind a label that a picture may have
 * @property {string} label
 * @property {number[]} colour red, green, blue
 * @typedef {object} Labels what is where
 * @property {number} width
 * @property {number} height
 * @property {Uint16Array} kinds of each pixel, from 1; 0 for none
 * @property {Uint8ClampedArray} shares how much of it, to 255
 */

const LOOKS = /** @type {[Look, string][]} */ ([["over", "Over it"], ["mask", "Alone"], ["picture", "Picture"]]);
const GROUND = /^(background|unlabell?ed|void|none|other)$/i;
/** The tint of a plain mask, which tells of one thing. */
const TINT = [255, 40, 90];
const MOST_LISTED = 40;
const EDGE = 235;

/** Whether a field is a map of labels, or a plain mask. @param {Field} field */
export function isMask(field) {
  return field.type === "segmentation" || (field.type === "image" && field.channels === 1 && /mask/i.test(field.name));
}

/**
 * @param {Field} field
 * @param {Declaration} declaration
 * @param {Studio} studio
 * @returns {import("./index.js").View}
 */
export function masksView(field, declaration, { store, files }) {
  const kinds = kindsOf(field);
  const asked = declaration.inputs.find((one) => isPicture(one));
  const hidden = new Set(kinds.length > 1 ? kinds.flatMap(({ label }, k) => (GROUND.test(label) ? [k + 1] : [])) : []);
  const canvas = canvasOf(480, 320, { role: "img", "aria-label": title(field.name) });
  const legend = h("ul", { class: "mask-legend", "aria-label": "What is in it" });
  const strength = h("input", { type: "range", min: 0, max: 1, step: 0.05, value: 0.55, "aria-label": "How strong the colours are" });
  const save = h("button", { type: "button", class: "copy" }, "Save");
  /** @type {{ look: Look, given: string, map: Labels | null, picture: HTMLImageElement | null, turn: number }} */
  const state = { look: "over", given: "", map: null, picture: null, turn: 0 };
  const draw = () => state.map && paint(canvas, state.map, state.picture, kinds, hidden, state.look, Number(strength.value));
  const looks = LOOKS.map(([look, words]) => {
    const button = h("button", { type: "button", "aria-pressed": look === state.look }, words);
    button.addEventListener("click", () => {
      state.look = look;
      for (const other of looks) other.setAttribute("aria-pressed", String(other === button));
      draw();
    });
    return button;
  });
  const toggle = (/** @type {number} */ kind) => {
    if (!hidden.delete(kind)) hidden.add(kind);
    draw();
  };
  strength.addEventListener("input", draw);
  save.addEventListener("click", () => {
    const isAsItCame = state.look === "mask" || !state.picture;
    files.savePicture(field.name, isAsItCame ? state.given : canvas.toDataURL("image/png"));
  });
  const show = async (/** @type {Record<string, any>} */ outputs) => {
    const turn = ++state.turn;
    const [mask, picture] = await Promise.all([outputs[field.name], asked && store.get("form")[asked.name]].map(pictureOf));
    if (turn !== state.turn) return;
    state.given = outputs[field.name] ?? "";
    state.map = mask && mapOf(mask, field, kinds);
    state.picture = picture;
    for (const button of looks) button.disabled = !picture;
    legend.replaceChildren(...(state.map ? entries(state.map, kinds, hidden, toggle) : []));
    draw();
  };
  const head = h("div", { class: "block-head" }, h("h3", {}, title(field.name)), save);
  const tools = h("div", { class: "mask-tools" }, h("div", { class: "segments", role: "group", "aria-label": "What is shown" }, ...looks), strength);
  const element = h("section", { class: "output output-picture output-mask", id: `output-${field.name}` }, head, canvas, tools, legend);
  return { element, show };
}

/** @param {string | undefined | null} uri @returns {Promise<HTMLImageElement | null>} */
async function pictureOf(uri) {
  return uri ? loaded(uri).catch(() => null) : null;
}

/** The labels that a field may have; of a plain mask one. @param {Field} field @returns {Kind[]} */
function kindsOf(field) {
  if (field.type !== "segmentation") return [{ label: t("In it"), colour: TINT }];
  const { labels, labelToColor } = /** @type {SegmentationField} */ (field);
  return labels.map((label) => ({ label, colour: labelToColor[label] }));
}

/** @param {HTMLImageElement} mask @param {Field} field @param {Kind[]} kinds @returns {Labels} */
function mapOf(mask, field, kinds) {
  const { naturalWidth: width, naturalHeight: height } = mask;
  const context = /** @type {CanvasRenderingContext2D} */ (canvasOf(width, height).getContext("2d"));
  context.drawImage(mask, 0, 0);
  const { data } = context.getImageData(0, 0, width, height);
  const found = new Uint16Array(width * height);
  const shares = new Uint8ClampedArray(width * height).fill(255);
  const isPlain = field.type !== "segmentation";
  const table = new Map(kinds.map(({ colour: [r, g, b] }, k) => [(r << 16) | (g << 8) | b, k + 1]));
  for (let k = 0; k < found.length; k++) {
    const place = 4 * k;
    if (isPlain) shares[k] = data[place];
    found[k] = isPlain ? Number(data[place] > 0) : (table.get((data[place] << 16) | (data[place + 1] << 8) | data[place + 2]) ?? 0);
  }
  return { width, height, kinds: found, shares };
}

/**
 * What the map has, the largest first, as buttons that hide it.
 * @param {Labels} map @param {Kind[]} kinds @param {Set<number>} hidden @param {(kind: number) => void} toggle
 */
function entries({ kinds: found, shares }, kinds, hidden, toggle) {
  const sums = new Float64Array(kinds.length + 1);
  for (let k = 0; k < found.length; k++) sums[found[k]] += shares[k] / 255;
  const there = kinds.map((_, k) => k + 1).filter((kind) => sums[kind] > 0);
  there.sort((a, b) => sums[b] - sums[a]);
  return there.slice(0, MOST_LISTED).map((kind) => {
    const { label, colour } = kinds[kind - 1];
    const swatch = h("span", { class: "swatch" });
    swatch.style.background = `rgb(${colour.join(" ")})`;
    const share = h("span", { class: "figure" }, `${number((100 * sums[kind]) / found.length, 1)} %`);
    const words = h("span", { translate: "no" }, label);
    const button = h("button", { type: "button", "aria-pressed": !hidden.has(kind), title: "Show or hide it" }, swatch, words, share);
    button.addEventListener("click", () => {
      toggle(kind);
      button.setAttribute("aria-pressed", String(!hidden.has(kind)));
    });
    return h("li", {}, button);
  });
}

/**
 * @param {HTMLCanvasElement} canvas @param {Labels} map @param {HTMLImageElement | null} picture
 * @param {Kind[]} kinds @param {Set<number>} hidden @param {Look} look @param {number} strength
 */
function paint(canvas, map, picture, kinds, hidden, look, strength) {
  const isOver = look === "over" && picture !== null;
  const isPicture = look === "picture" && picture !== null;
  const size = look === "mask" || !picture ? map : { width: picture.naturalWidth, height: picture.naturalHeight };
  resize(canvas, size.width, size.height);
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  if (picture && look !== "mask") context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  if (isPicture) return;
  const layer = coloured(map, kinds, hidden, isOver ? strength : 1, isOver);
  context.imageSmoothingEnabled = isOver;
  context.drawImage(layer, 0, 0, canvas.width, canvas.height);
}

/**
 * The map in its colours, its edges sharp; what is hidden is clear.
 * @param {Labels} map @param {Kind[]} kinds @param {Set<number>} hidden @param {number} strength @param {boolean} isEdged
 */
function coloured({ width, height, kinds: found, shares }, kinds, hidden, strength, isEdged) {
  const layer = canvasOf(width, height);
  const context = /** @type {CanvasRenderingContext2D} */ (layer.getContext("2d"));
  const image = context.createImageData(width, height);
  const seen = (/** @type {number} */ k) => (hidden.has(found[k]) || shares[k] < 128 ? 0 : found[k]);
  for (let k = 0; k < found.length; k++) {
    if (!found[k] || hidden.has(found[k])) continue;
    const isLast = k % width === width - 1 || k + width >= found.length;
    const isEdge = isEdged && !isLast && (seen(k) !== seen(k + 1) || seen(k) !== seen(k + width));
    const [r, g, b] = kinds[found[k] - 1].colour;
    image.data.set([r, g, b, isEdge ? EDGE : strength * shares[k]], 4 * k);
  }
  context.putImageData(image, 0, 0);
  return layer;
}
