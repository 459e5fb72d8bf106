/** Waking the model and putting it to sleep. */

import { h } from "./dom.js";
import { NOT_OWNER } from "./owner.js";
import { t } from "./words.js";

/** @import { Studio } from "./types.d.ts" */

/** @param {Studio} studio */
export function makePower({ store, session, connection }) {
  const button = h("button", { type: "button", id: "power" });
  const device = h("p", { class: "hint" });
  button.addEventListener("click", () => session.askModelTo(isAwake(store) ? "stop" : "start"));
  store.follow(["state", "model"], () => {
    button.textContent = isAwake(store) ? t("Put to sleep") : t("Wake");
    button.disabled = store.get("state").name === "offline" || !connection.owns;
    button.title = connection.owns ? "" : t(NOT_OWNER);
    const title = store.get("model")?.title;
    device.textContent = !connection.owns ? t(NOT_OWNER) : title ? t("{model} keeps its memory only while it is awake.", { model: title }) : "";
  });
  return h(
    "section",
    { class: "block" },
    h("h3", {}, "Model"),
    h("div", { class: "row" }, button),
    device,
  );
}

/** @param {import("./store.js").Store} store */
const isAwake = (store) => ["starting", "running"].includes(store.get("state").name);
