/** What was recorded of a control, drawn over the length of the timeline. */

import { title } from "../declaration.js";
import { h } from "../dom.js";
import { t } from "../words.js";

/** @import { Studio, Track } from "../types.d.ts" */

const WIDTH = 100;
const HEIGHT = 20;

/** A line of it. @param {Studio} studio @param {Track} track @param {number} seconds of all */
export function trackLine({ session }, { name, times, values }, seconds) {
  const low = Math.min(...values);
  const span = Math.max(...values) - low || 1;
  const x = (/** @type {number} */ time) => ((time / Math.max(seconds, 0.01)) * WIDTH).toFixed(1);
  const y = (/** @type {number} */ k) => (HEIGHT - 2 - ((values[k] - low) / span) * (HEIGHT - 4)).toFixed(1);
  const points = times.map((time, k) => [x(time), values.length ? y(k) : HEIGHT / 2].join());
  const curve = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" },
    svg("polyline", { points: [...points, `${WIDTH},${points.at(-1)?.split(",")[1]}`].join(" ") }));
  const away = h("button", { type: "button", class: "quiet", "aria-label": t("Take away what was recorded of {control}", { control: name }) }, "×");
  away.addEventListener("click", () => session.perform("timeline/erase", { control: name }));
  return h("li", {}, h("span", { class: "track-name" }, title(name)), curve, away);
}

/** @param {string} tag @param {Record<string, string>} attributes @param {Element[]} children */
function svg(tag, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}
