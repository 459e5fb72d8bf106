/** Code to copy, made from the model's declaration, its address and what is on stage. */

import { imageOutput, knobs, vectorInput } from "./declaration.js";

/**
 * @typedef {object} Subject
 * @property {string} address such as http://localhost:8000
 * @property {import("./store.js").Declaration} declaration
 * @property {Record<string, any>} values
 * @property {Float32Array | null} vector these numbers, or null for random ones
 */
/** @typedef {{ id: string, title: string, code: string }} Snippet */

const LINE = 88;

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
  return `\
function setup() {
  createCanvas(512, 512);
  createButton("Next picture").mousePressed(query);
  query();
}

function query() {
  const inputs = ${object(subject, random, javascriptKey, "  ")};
  httpPost("${subject.address}/query", "json", inputs, (outputs) => {
    ${draw}
  });
}
`;
}

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
  return `\
${gaussian}const answer = await fetch("${subject.address}/query", {
  method: "POST",
  headers: { "Content-Type": "application/json" },
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
  const imports = isRandom(subject)
    ? "base64, json, random, urllib.request"
    : "base64, json, urllib.request";
  const keep = image
    ? `\
with open("picture.${image.defaultOutputFormat === "PNG" ? "png" : "jpg"}", "wb") as file:
    file.write(base64.b64decode(outputs["${image.name}"].partition(",")[2]))
`
    : "print(outputs)\n";
  return `\
import ${image ? imports : imports.replace("base64, ", "")}

inputs = ${object(subject, random, JSON.stringify, "", pythonValue)}
request = urllib.request.Request(
    "${subject.address}/query",
    json.dumps(inputs).encode(),
    {"Content-Type": "application/json"},
)
with urllib.request.urlopen(request) as answer:
    outputs = json.load(answer)
${keep}`;
}

/** curl draws no random numbers: it names a seed where the model takes one. @param {Subject} subject */
function curl(subject) {
  const { address, declaration, values, vector } = subject;
  const field = vectorInput(declaration);
  const takesSeed = declaration.inputs.some(({ name }) => name === "seed");
  const inputs = plainValues(subject);
  if (field && vector) inputs.unshift([field.name, rounded(vector)]);
  else if (field && takesSeed) inputs.unshift(["seed", 1]);
  else if (field) inputs.unshift([field.name, Array(field.length).fill(0)]);
  const body = JSON.stringify(Object.fromEntries(inputs)).replaceAll("'", "\\u0027");
  return `\
curl -s ${address}/query \\
  -H 'Content-Type: application/json' \\
  -d '${wrap(body, "    ")}'
`;
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
  const lines = plainValues(subject).map(([name, value]) => `${key(name)}: ${literal(value)}`);
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
    .map(
      ({ name, default: fallback }) =>
        /** @type {[string, any]} */ ([name, values[name] ?? fallback]),
    )
    .filter(([, value]) => value !== null && value !== undefined);
}

/** Four digits after the point are more than a picture shows. @param {Float32Array} vector */
const rounded = (vector) => Array.from(vector, (value) => Number(value.toFixed(4)));

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
  return typeof value === "boolean" ? (value ? "True" : "False") : JSON.stringify(value);
}

/** @param {string} sample @param {number} mean @param {number} deviation */
function scaled(sample, mean, deviation) {
  const spread = deviation === 1 ? sample : `${deviation} * ${sample}`;
  return mean === 0 ? spread : `${mean} + ${spread}`;
}
