/** Code to copy, made from the model's declaration, its address and what is on stage. */

import { imageOutput, isPicture, knobs, vectorInput } from "./declaration.js";

/** @import { Declaration, Field } from "./types.d.ts" */

/**
 * @typedef {object} Subject
 * @property {string} address such as http://localhost:8000
 * @property {Declaration} declaration
 * @property {Record<string, any>} values
 * @property {Float32Array | null} vector these numbers, or null for random ones
 * @property {string} [token] of a hosted model
 */
/** @typedef {{ id: string, title: string, code: string }} Snippet */

const LINE = 88;
/** Stands for the bytes of a picture or file, which each language has its own way to get. */
const FILE = Symbol("file");
const CANVAS = 'document.querySelector("canvas").toDataURL("image/jpeg")';
const pythonFile = (/** @type {string} */ name) =>
  `"data:;base64," + base64.b64encode(open("${name}", "rb").read()).decode()`;

/** @param {Subject} subject @returns {Snippet[]} */
export function snippets(subject) {
  return [
    { id: "p5", title: "p5.js", code: p5(subject) },
    { id: "javascript", title: "JavaScript", code: javascript(subject) },
    { id: "python", title: "Python", code: python(subject) },
    { id: "curl", title: "curl", code: curl(subject) },
  ];
}

/** @param {Subject} subject */
function p5(subject) {
  const image = imageOutput(subject.declaration);
  const draw = image
    ? `loadImage(outputs.${image.name}, (picture) => image(picture, 0, 0, width, height));`
    : "console.log(outputs);";
  const random = (/** @type {any} */ { length, mean, deviation }) =>
    `Array.from({ length: ${length} }, () => randomGaussian(${mean}, ${deviation}))`;
  const ask = subject.token ? p5WithToken(subject, draw) : p5Plain(subject, draw);
  return `\
function setup() {
  createCanvas(512, 512);
  createButton("Next picture").mousePressed(query);
  query();
}

${subject.token ? "async " : ""}function query() {
  const inputs = ${object(subject, random, javascriptKey, "  ")};
${ask}}
`;
}

/** @param {Subject} subject @param {string} draw */
const p5Plain = ({ address }, draw) => `\
  httpPost("${address}/query", "json", inputs, (outputs) => {
    ${draw}
  });
`;

/** p5's own way sends no headers that are the same in all of its versions. @param {Subject} subject @param {string} draw */
const p5WithToken = ({ address, token }, draw) => `\
  const answer = await fetch("${address}/query", {
    method: "POST",
    headers: { "Content-Type": "application/json", Authorization: "Bearer ${token}" },
    body: JSON.stringify(inputs),
  });
  const outputs = await answer.json();
  ${draw}
`;

/** @param {Subject} subject */
function javascript(subject) {
  const image = imageOutput(subject.declaration);
  const random = (/** @type {any} */ { length, mean, deviation }) =>
    `Array.from({ length: ${length} }, () => ${scaled("gaussian()", mean, deviation)})`;
  const gaussian = isRandom(subject)
    ? `\
const gaussian = () =>
  Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());

`
    : "";
  const show = image
    ? `\
const picture = new Image();
picture.src = outputs.${image.name};
document.body.append(picture);
`
    : "console.log(outputs);\n";
  const token = subject.token ? `, Authorization: "Bearer ${subject.token}"` : "";
  return `\
${gaussian}const answer = await fetch("${subject.address}/query", {
  method: "POST",
  headers: { "Content-Type": "application/json"${token} },
  body: JSON.stringify(${object(subject, random, javascriptKey, "  ")}),
});
const outputs = await answer.json();
${show}`;
}

/** @param {Subject} subject */
function python(subject) {
  const image = imageOutput(subject.declaration);
  const random = (/** @type {any} */ { length, mean, deviation }) =>
    `[random.gauss(${mean}, ${deviation}) for _ in range(${length})]`;
  const needs = ["json", "urllib.request"];
  if (isRandom(subject)) needs.splice(1, 0, "random");
  if (image || plainValues(subject).some(([, value]) => value === FILE)) needs.unshift("base64");
  const keep = image
    ? `\
with open("picture.${image.defaultOutputFormat === "PNG" ? "png" : "jpg"}", "wb") as file:
    file.write(base64.b64decode(outputs["${image.name}"].partition(",")[2]))
`
    : "print(outputs)\n";
  const token = subject.token ? `, "Authorization": "Bearer ${subject.token}"` : "";
  return `\
import ${needs.join(", ")}

inputs = ${object(subject, random, JSON.stringify, "", pythonValue)}
request = urllib.request.Request(
    "${subject.address}/query",
    json.dumps(inputs).encode(),
    {"Content-Type": "application/json"${token}},
)
with urllib.request.urlopen(request) as answer:
    outputs = json.load(answer)
${keep}`;
}

/** curl draws no random numbers: it names a seed where the model takes one. @param {Subject} subject */
function curl(subject) {
  const { address, declaration, vector } = subject;
  const field = vectorInput(declaration);
  const takesSeed = declaration.inputs.some(({ name }) => name === "seed");
  const inputs = plainValues(subject);
  if (field && vector) inputs.unshift([field.name, rounded(vector)]);
  else if (field && takesSeed) inputs.unshift(["seed", 1]);
  else if (field) inputs.unshift([field.name, Array(field.length).fill(0)]);
  if (inputs.some(([, value]) => value === FILE)) return curlWithFile(subject, inputs);
  const body = JSON.stringify(Object.fromEntries(inputs)).replaceAll("'", "\\u0027");
  return `\
curl -s ${address}/query \\
${bearer(subject, "  ", " \\\n")}  -H 'Content-Type: application/json' \\
  -d '${wrap(body, "    ")}'
`;
}

/**
 * A file is too long for a command line, so the shell puts it into a text, whose own signs mean
 * nothing to it.
 * @param {Subject} subject
 * @param {[string, any][]} inputs
 */
function curlWithFile(subject, inputs) {
  const escaped = (/** @type {any} */ value) =>
    JSON.stringify(value)
      .replaceAll("\\\\", "\\u005c")
      .replaceAll("$", "\\u0024")
      .replaceAll("`", "\\u0060");
  const lines = inputs.map(([name, value]) => {
    const file = `"data:;base64,$(base64 < ${fileFor(subject, name)} | tr -d '\\n')"`;
    const text = value === FILE ? file : escaped(value);
    return `  ${escaped(name)}: ${text}`;
  });
  return `\
curl -s ${subject.address}/query ${bearer(subject, "", " ")}-H 'Content-Type: application/json' -d @- <<END
{
${lines.join(",\n")}
}
END
`;
}

/** @param {Subject} subject @param {string} before @param {string} after */
const bearer = ({ token }, before, after) => (token ? `${before}-H 'Authorization: Bearer ${token}'${after}` : "");

/** The file that an input is read from: `photo.jpg` for one named photo. @param {Subject} subject @param {string} name */
function fileFor({ declaration }, name) {
  const field = declaration.inputs.find((input) => input.name === name);
  if (field && isPicture(field)) return `${name}.jpg`;
  return name + ((field?.type === "file" && field.extension) || "");
}

/** @param {Subject} subject */
const isRandom = ({ declaration, vector }) => vectorInput(declaration) !== null && !vector;

/**
 * The inputs as an object literal of the language.
 * @param {Subject} subject
 * @param {(sampling: { length: number, mean: number, deviation: number }) => string} random
 * @param {(name: string) => string} key
 * @param {string} indent of the line it begins on
 * @param {(value: any) => string} [literal]
 */
function object(subject, random, key, indent, literal = JSON.stringify) {
  const inner = `${indent}${indent.length % 4 === 2 ? "  " : "    "}`;
  const field = vectorInput(subject.declaration);
  const fileNamed = literal === pythonValue ? pythonFile : () => CANVAS;
  const lines = plainValues(subject).map(
    ([name, value]) => `${key(name)}: ${value === FILE ? fileNamed(fileFor(subject, name)) : folded(literal(value), inner)}`,
  );
  if (field) lines.unshift(`${key(field.name)}: ${vectorLiteral(subject, field, random, inner)}`);
  return lines.length ? `{\n${lines.map((line) => `${inner}${line},\n`).join("")}${indent}}` : "{}";
}

/** @param {Subject} subject @param {any} field @param {Function} random @param {string} inner */
function vectorLiteral({ vector }, field, random, inner) {
  if (vector) return wrap(JSON.stringify(rounded(vector)).replaceAll(",", ", "), `${inner}  `);
  return random({
    length: field.length,
    mean: field.samplingMean ?? 0,
    deviation: field.samplingStd ?? 1,
  });
}

/** Names and values of the other inputs as they stand. @param {Subject} subject @returns {[string, any][]} */
function plainValues({ declaration, values }) {
  const hasVector = vectorInput(declaration) !== null;
  return knobs(declaration)
    .filter(({ name }) => !(hasVector && name === "seed"))
    .map((field) => /** @type {[string, any]} */ ([field.name, valueOf(field, values)]))
    .filter(([, value]) => value !== null && value !== undefined);
}

/** What the input is set to, or by default; pictures and files are left to the program. @param {Field} field @param {Record<string, any>} values */
function valueOf(field, values) {
  const value = values[field.name] ?? field.default ?? (field.optional ? null : exampleOf(field));
  const isFile = isPicture(field) || field.type === "file";
  return isFile && (value || !field.optional) ? FILE : value;
}

/** What stands for an input that must be given, and is not yet. @param {Field} field */
function exampleOf(field) {
  const { min = 0, length = 1 } = /** @type {any} */ (field);
  const places = /** @type {Record<string, any>} */ ({
    image_point: [0.5, 0.5],
    image_bounding_box: [0.25, 0.25, 0.75, 0.75],
    image_landmarks: Array(length).fill([0.5, 0.5]),
  });
  const examples = /** @type {Record<string, any>} */ ({
    ...places,
    any: {},
    array: [],
    boolean: false,
    number: min,
    text: `${field.name} here`,
    vector: Array(length).fill(0),
  });
  return examples[field.type] ?? null;
}

/** Four digits after the point are more than a picture shows. @param {Float32Array} vector */
const rounded = (vector) => Array.from(vector, (value) => Number(value.toFixed(4)));

/** A list of numbers may be long, and may be broken. @param {string} text @param {string} indent */
const folded = (text, indent) =>
  /^\[[-\d.,e]*\]$/.test(text) ? wrap(text.replaceAll(",", ", "), `${indent}  `) : text;

/** Break a long list at its commas. @param {string} text @param {string} indent */
function wrap(text, indent) {
  const lines = [""];
  for (const piece of text.split(/(?<=, ?)(?! )/)) {
    if (lines[lines.length - 1].length + piece.length > LINE) lines.push(indent);
    lines[lines.length - 1] += piece;
  }
  return lines.join("\n");
}

/** @param {string} name */
const javascriptKey = (name) => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name));

/** @param {any} value */
function pythonValue(value) {
  const words = { true: "True", false: "False", null: "None" };
  // Words outside of strings, of which JSON has these three.
  return JSON.stringify(value).replace(
    /"(?:[^"\\]|\\.)*"|true|false|null/g,
    (found) => words[/** @type {keyof typeof words} */ (found)] ?? found,
  );
}

/** @param {string} sample @param {number} mean @param {number} deviation */
function scaled(sample, mean, deviation) {
  const spread = deviation === 1 ? sample : `${deviation} * ${sample}`;
  return mean === 0 ? spread : `${mean} + ${spread}`;
}
