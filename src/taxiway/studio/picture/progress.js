/** How far the model is with what takes longer: a bar, the time left, and a button to stop it. */

import { duration } from "../durations.js";
import { h } from "../dom.js";
import { t } from "../words.js";

/** @import { Studio, Work } from "../types.d.ts" */

/** What is done sooner needs no bar. */
const SOON_MS = 500;

/** @param {Studio} studio */
export function makeProgress({ store, session }) {
  const bar = h("progress", { max: 1, "aria-label": "How far the model is" });
  const message = h("span", { class: "work-message" });
  const left = h("span", { class: "figure" });
  const stop = h("button", { type: "button", id: "stop", title: "Stop what the model works on" });
  stop.textContent = t("Stop");
  stop.addEventListener("click", () => (store.get("work")?.stop ?? (() => session.cancel()))());
  const element = h("div", { class: "work", id: "work", hidden: true }, message, left, stop, bar);
  let timer = 0;
  const show = () => {
    const work = store.get("work");
    const { progress = null } = work ?? {};
    if (progress === null) bar.removeAttribute("value");
    else bar.value = progress;
    message.textContent = t(work?.message || "The model works on it.");
    left.textContent = work ? figures(work) : "";
  };
  store.follow(["asked", "work"], () => {
    show();
    if (!store.get("work") && !store.get("asked").working) {
      clearTimeout(timer);
      timer = 0;
      element.hidden = true;
    } else if (!timer) timer = setTimeout(() => (element.hidden = false), SOON_MS);
  });
  return element;
}

/** `40 %, 12 s left`. @param {Work} work */
function figures({ progress, from }) {
  if (progress === null) return "";
  const far = `${Math.round(100 * progress)} %`;
  const done = progress - (from?.progress ?? 0);
  const seconds = from && done > 0 && ((performance.now() - from.time) / 1000 / done) * (1 - progress);
  return seconds && seconds >= 0.5 ? `${far}, ${t("{time} left", { time: duration(seconds) })}` : far;
}
