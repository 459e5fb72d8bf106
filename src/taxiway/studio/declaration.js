/** Reading a model's declaration: which input is the latent, which are knobs, what comes out. */

import { t } from "./words.js";

/** @import { Declaration, Field, ImageField, PlacesField, VectorField } from "./types.d.ts" */

const LATENTS = ["z", "w"];

/**
 * Whether the model is an instrument, with a map, faders and a live picture; else it is a form.
 * @param {Declaration} declaration
 */
export function isLive(declaration) {
  return declaration.live !== false;
}

/**
 * The vector that the map and the mixer play, or null.
 * @param {Declaration} declaration
 * @returns {VectorField | null}
 */
export function vectorInput(declaration) {
  if (!isLive(declaration)) return null;
  const vectors = declaration.inputs.filter((field) => field.type === "vector");
  return vectors.find(({ name }) => name === "z") ?? vectors[0] ?? null;
}

/**
 * The inputs that get a widget of their own: of an instrument all but its latent.
 * @param {Declaration} declaration
 * @returns {Field[]}
 */
export function knobs(declaration) {
  const isLatent = (/** @type {Field} */ { type, name }) =>
    isLive(declaration) && type === "vector" && LATENTS.includes(name);
  return declaration.inputs.filter((field) => !isLatent(field) && !isFileFormat(field));
}

/**
 * @param {Declaration} declaration
 * @returns {ImageField | null}
 */
export function imageOutput(declaration) {
  return declaration.outputs.find((field) => field.type === "image") ?? null;
}

/** The file format of an answer concerns programs, not people who look. @param {Field} field */
function isFileFormat(field) {
  return field.type === "category" && field.optional === true && field.oneOf.includes("JPEG");
}

/** A name as people write it, in their language: `noise_mode` and `noise-mode` become `Noise mode`. @param {string} name */
export function title(name) {
  const words = name.replace(/[-_]/g, " ");
  return t(words.charAt(0).toUpperCase() + words.slice(1));
}

/** Whether values of this type are pictures, so that places can be shown on them. @param {Field} field */
export function isPicture({ type }) {
  return type === "image" || type === "segmentation";
}

/** @param {Field} field @returns {field is PlacesField} */
function isOfPlaces(field) {
  return ["image_point", "image_bounding_box", "image_landmarks"].includes(field.type);
}

/**
 * The field if it is of places in a picture, or of its items if it is a list of such; else null.
 * @param {Field} field
 * @returns {PlacesField | null}
 */
export function placesIn(field) {
  const inner = field.type === "array" ? field.itemType : field;
  return isOfPlaces(inner) ? inner : null;
}
