/** Reading a model's declaration: which input is the latent, which are knobs, what comes out. */

/** @typedef {import("./store.js").Field} Field */
/** @typedef {import("./store.js").Declaration} Declaration */

const KNOBS = ["number", "boolean", "category", "text"];

/**
 * The vector that the map and the mixer play, or null.
 * @param {Declaration} declaration
 * @returns {Field | null}
 */
export function vectorInput(declaration) {
  return declaration.inputs.find((field) => field.type === "vector") ?? null;
}

/**
 * The inputs that get a widget of their own.
 * @param {Declaration} declaration
 * @returns {Field[]}
 */
export function knobs(declaration) {
  return declaration.inputs.filter((field) => KNOBS.includes(field.type) && !isFileFormat(field));
}

/**
 * @param {Declaration} declaration
 * @returns {Field | null}
 */
export function imageOutput(declaration) {
  return declaration.outputs.find((field) => field.type === "image") ?? null;
}

/** The file format of an answer concerns programs, not people who look. @param {Field} field */
function isFileFormat(field) {
  return field.type === "category" && field.optional === true && field.oneOf.includes("JPEG");
}

/** A name as people write it: `noise_mode` becomes `Noise mode`. @param {string} name */
export function title(name) {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
