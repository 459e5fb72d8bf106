/** What takes the room on the disk, and what of it may go. */

import { h } from "../dom.js";
import { t } from "../words.js";
import { sizeOf } from "./sizes.js";

/** @import { DiskUse } from "../types.d.ts" */
/** @import { Manager } from "./manager.js" */

/** @param {Manager} manager @param {(work: () => Promise<unknown>) => Promise<unknown>} act says what goes wrong */
export function diskSection(manager, act) {
  const list = h("ul", { class: "disk-parts" });
  const where = h("p", { class: "hint" });
  const look = () =>
    act(async () => {
      const use = await manager.disk();
      where.textContent = t("{free} are free. It all lies in {folder}.", { free: sizeOf(use.free), folder: use.path });
      list.replaceChildren(...use.parts.map((part) => line(part, () => act(() => manager.clearDisk(part.name)).then(look))));
    });
  const details = h("details", { class: "gallery-room" }, h("summary", {}, "What takes the room"), where, list);
  details.addEventListener("toggle", () => details.open && look());
  return details;
}

/** @param {DiskUse["parts"][number]} part @param {() => void} clear */
function line({ bytes, about, removal, isRemade }, clear) {
  return h(
    "li",
    {},
    h("b", {}, sizeOf(bytes)),
    h("span", {}, about),
    h("small", {}, removal),
    isRemade ? h("button", { type: "button", onclick: clear, "aria-label": t("Delete: {what}", { what: t(about) }) }, "Delete") : null,
  );
}
