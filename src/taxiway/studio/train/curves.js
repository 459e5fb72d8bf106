/** The figures of a training over time, drawn as plain lines. */

import { h } from "../dom.js";
import { t } from "../words.js";

/** @typedef {import("./trainings.js").Curve} Curve */

const WIDTH = 400;
const HEIGHT = 110;
/** What is less counts as this much on a scale of factors: distances below are chance. */
const LEAST = 0.001;

/** Titles, what they mean, and their lines: the record's key, and its name for people. */
const CHARTS = [
  {
    title: "Average precision",
    meaning: "Of what is found in pictures that it does not learn from: 1 is all of it and nothing else. AP50 wants half of a box covered, AP is the mean from 50 to 95 %.",
    lines: [
      ["ap50", "AP50"],
      ["ap", "AP"],
    ],
  },
  {
    title: "Losses",
    meaning: "How far off the boxes and the classes are, of pictures that it learns from.",
    lines: [
      ["boxes", "boxes"],
      ["classes", "classes"],
    ],
  },
  {
    title: "Distance to the model that teaches",
    meaning: "Levels (of 255) that pictures of the same numbers are apart, of numbers that it does not learn from.",
    lines: [["apart", "levels"]],
  },
  {
    title: "Losses",
    meaning: "They fall for a while, then swing about a level: neither side wins.",
    lines: [
      ["d", "discriminator"],
      ["g", "generator"],
    ],
  },
  {
    title: "Augmentation",
    meaning: "ADA: how often the pictures are changed, so that they are not learnt by heart.",
    lines: [
      ["p", "share changed"],
      ["sign", "sure of real"],
    ],
  },
  {
    title: "Distance to your pictures",
    meaning: "Measured at every snapshot: lower is better. Every line is a step of equal factors.",
    lines: [["kid", "KID"]],
    isLog: true,
  },
  {
    title: "Bits a byte",
    meaning: "How well it foretells text: lower is better. Where what it reads falls and what was held out rises, it learns by heart.",
    lines: [
      ["loss", "what it reads"],
      ["bits", "held out"],
    ],
    of: "bits",
  },
  {
    title: "Variety",
    meaning: "How much the pictures differ, against those of the dataset: near 1 is best.",
    lines: [["variety", "of the dataset's"]],
  },
];

/** All charts for which there are figures. @param {Record<string, Curve>} curves @param {string} unit of what was shown */
export function charts(curves, unit) {
  const ends = Object.values(curves).map((curve) => curve[curve.length - 1][0]);
  const kimg = Math.max(0, ...ends);
  const known = CHARTS.filter(({ of, lines }) => (of ? curves[of] : lines.some(([key]) => curves[key])));
  // Of somebody's own trainer each figure has a diagram, by its name.
  const others = Object.keys(curves).map((key) => ({ title: key, meaning: "", lines: [[key, key]], isLog: false }));
  return (known.length ? known : others).map((chart) => ({
    ...chart,
    lines: chart.lines.filter(([key]) => (curves[key] ?? []).length > 1),
  }))
    .filter(({ lines }) => lines.length)
    .map(({ title, meaning, lines, isLog }) =>
      chart(
        title,
        meaning,
        lines.map(([key, label]) => ({ label, curve: curves[key] })),
        t("{n} thousand {unit}", { n: short(kimg), unit: t(unit) }),
        kimg,
        Boolean(isLog),
      ),
    );
}

/**
 * @param {string} title
 * @param {string} meaning
 * @param {{ label: string, curve: Curve }[]} lines
 * @param {string} end what is told where the axis ends
 * @param {number} kimg where that is
 * @param {boolean} isLog
 */
function chart(title, meaning, lines, end, kimg, isLog) {
  const values = lines.flatMap(({ curve }) => curve.map(([, value]) => value));
  const ticks = isLog
    ? factors(Math.min(...values), Math.max(...values))
    : steps(Math.min(0, ...values), Math.max(...values));
  const legend = lines.map(({ label, curve }, index) =>
    h(
      "span",
      { class: `legend legend-${index}` },
      `${t(label)} `,
      h("b", { class: "figure" }, short(curve[curve.length - 1][1])),
    ),
  );
  return h(
    "figure",
    { class: "chart", title: meaning },
    h("figcaption", {}, h("h3", {}, title), ...legend),
    h(
      "div",
      { class: "chart-y", "aria-hidden": true },
      ...[...ticks].reverse().map((tick) => h("span", {}, short(tick))),
    ),
    drawing(lines, kimg, ticks, isLog),
    h(
      "div",
      { class: "chart-x", "aria-hidden": true },
      h("span", {}, "0"),
      h("span", {}, end),
    ),
  );
}

/**
 * @param {{ curve: Curve }[]} lines
 * @param {number} kimg
 * @param {number[]} ticks
 * @param {boolean} isLog
 */
function drawing(lines, kimg, ticks, isLog) {
  const scaled = (/** @type {number} */ value) =>
    isLog ? Math.log10(Math.max(value, LEAST)) : value;
  const [low, high] = [scaled(ticks[0]), scaled(ticks[ticks.length - 1])];
  const x = (/** @type {number} */ at) => (at / Math.max(kimg, 1e-9)) * WIDTH;
  const y = (/** @type {number} */ value) => HEIGHT - ((scaled(value) - low) / (high - low)) * HEIGHT;
  const svg = vector("svg", {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    preserveAspectRatio: "none",
    "aria-hidden": "true",
  });
  for (const tick of ticks)
    svg.append(vector("path", { class: "rule", d: `M0 ${y(tick)}H${WIDTH}` }));
  lines.forEach(({ curve }, index) => {
    const points = curve.map(([at, value]) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`);
    svg.append(vector("polyline", { class: `curve curve-${index}`, points: points.join(" ") }));
  });
  return svg;
}

/** @param {string} tag @param {Record<string, string>} attributes */
function vector(tag, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

/** Three to six round numbers around what is shown. @param {number} low @param {number} high */
export function steps(low, high) {
  const rough = Math.max(high - low, 1e-6) / 4;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const width =
    [1, 2, 5, 10].map((factor) => factor * unit).find((one) => one >= rough * 0.999) ?? unit;
  const first = Math.floor(low / width + 1e-9);
  const last = Math.max(first + 1, Math.ceil(high / width - 1e-9));
  return Array.from({ length: last - first + 1 }, (_, index) => (first + index) * width);
}

/** Powers of ten around what is shown, from LEAST on. @param {number} low @param {number} high */
export function factors(low, high) {
  const first = Math.floor(Math.log10(Math.max(low, LEAST)) + 1e-9);
  const last = Math.max(first + 1, Math.ceil(Math.log10(Math.max(high, LEAST)) - 1e-9));
  return Array.from({ length: last - first + 1 }, (_, index) => 10 ** (first + index));
}

/** A number as short as it can be understood. @param {number} value */
export function short(value) {
  return String(Number(value.toPrecision(3)));
}
