/** Where the frames go, and what comes in by itself: every sink and source of this model. */

import { ask } from "../control.js";
import { h } from "../dom.js";
import { sentence } from "../slots.js";
import { openOutput } from "../window.js";
import { Way } from "../ways/way.js";

/** @import { Panel, Studio, Values, Way as Status } from "../types.d.ts" */

const EVERY_MS = 1000;
/** The output that is always there, at /output. */
const PAGE = "page";

export default /** @type {Panel} */ ({
  title: "Outputs",
  place: "side",
  order: 55,
  owner: true,
  mount,
});

/** @param {HTMLElement} root @param {Studio} studio */
function mount(root, { connection, store }) {
  const outputs = h("div", { class: "ways" });
  const sources = h("div", { class: "ways" });
  const ways = /** @type {Map<string, Way>} */ (new Map());
  root.append(outputs, h("h3", { class: "ways-title" }, "Sources"), sources);

  const refresh = async () => {
    const known = await ask(connection.token, "GET", "/outputs").catch(() => null);
    if (!known) return;
    arrange("outputs", outputs, known.outputs);
    arrange("sources", sources, known.sources);
  };
  /** @param {"outputs" | "sources"} kind @param {HTMLElement} list @param {Status[]} statuses */
  const arrange = (kind, list, statuses) => {
    // What can be used here comes first, the page before all.
    for (const status of [...statuses].sort((a, b) => Number(!!a.needs) - Number(!!b.needs))) {
      const way = ways.get(`${kind} ${status.name}`) ?? add(kind, list, status.name);
      way.show(status);
    }
  };
  /** @param {"outputs" | "sources"} kind @param {HTMLElement} list @param {string} name */
  const add = (kind, list, name) => {
    const path = `/${kind}/${encodeURIComponent(name)}`;
    const act = async (
      /** @type {string} */ method,
      /** @type {Values | undefined} */ values,
      /** @type {string} */ more = "",
    ) => {
      try {
        way.show(await ask(connection.token, method, path + more, values));
      } catch (problem) {
        way.refuse(sentence(problem));
      }
    };
    const way = new Way(kind, act);
    if (kind === "outputs" && name === PAGE) way.offer(opener(store));
    ways.set(`${kind} ${name}`, way);
    list.append(way.element);
    return way;
  };
  whileSeen(root, refresh);
}

/** A button that opens the page of the picture. @param {Studio["store"]} store */
function opener(store) {
  const show = { type: "button", "aria-label": "Open the page of the picture" };
  return h("button", { ...show, onclick: () => openOutput(store) }, "Open");
}

/** Do something now and every second while an element is on the page to be seen. @param {HTMLElement} root @param {() => void} work */
function whileSeen(root, work) {
  let timer = 0;
  new IntersectionObserver(([entry]) => {
    clearInterval(timer);
    if (!entry?.isIntersecting) return;
    work();
    timer = setInterval(() => document.hidden || work(), EVERY_MS);
  }).observe(root);
}
