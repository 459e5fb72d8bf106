/** How programs reach the model: its address, routes, inputs, outputs, and code to copy. */

import { at, ownAddress } from "../address.js";
import { ask } from "../control.js";
import { imageOutput, isLive, vectorInput } from "../declaration.js";
import { copyFrom, h } from "../dom.js";
import { notesBlock } from "../notes.js";
import { atMostEvery } from "../pace.js";
import { snippets } from "../snippets.js";
import { t } from "../words.js";

/** @import { Declaration, Panel, Studio } from "../types.d.ts" */

const REFRESH_MS = 300;
const ANYBODY = "taxiway run --host 0.0.0.0";
/** The place of the picture's address in the list below. */
const PICTURE = 4;
const ROUTES = [
  ["POST", "/query", "Inputs as JSON in, outputs as JSON out"],
  ["GET", "/info", "The inputs and outputs below"],
  ["GET", "/data", "The newest answer"],
  ["GET", "/error", "The newest error, or null"],
  ["GET", "/generate.png?seed=1", "A picture by its address"],
  ["GET", "/healthz", "Whether the model runs"],
  ["GET", "/openapi.json", "All of this for machines"],
];

export default /** @type {Panel} */ ({
  title: "Network",
  place: "side",
  order: 60,
  mount,
});

/** @param {HTMLElement} root @param {Studio} studio */
function mount(root, studio) {
  root.append(
    addressBlock(),
    elsewhereBlock(root, studio),
    notesBlock(root, studio.store),
    codeBlock(studio),
    routesBlock(studio),
    permissionBlock(),
    ...specificationBlocks(studio),
  );
}

function addressBlock() {
  return h(
    "section",
    { class: "block" },
    h("h3", {}, "Address"),
    h(
      "div",
      { class: "copy-line" },
      h("code", { id: "address" }, ownAddress()),
      copyButton(ownAddress),
    ),
  );
}

/**
 * For a phone or another computer: the address, and its picture for a camera.
 * @param {HTMLElement} root @param {Studio} studio
 */
function elsewhereBlock(root, { connection }) {
  const place = h("div", { class: "elsewhere" });
  const block = h("section", { class: "block", hidden: true }, h("h3", {}, "On another device"), place);
  const show = async () => {
    const { address, picture } = await ask(connection.token, "GET", "/elsewhere");
    const code = picture && h("img", { src: picture, alt: t("QR code of {address}", { address }), class: "qr" });
    const line = h("code", { id: "elsewhere" }, address);
    block.hidden = false;
    place.replaceChildren(
      ...(address
        ? [h("div", { class: "copy-line" }, line, copyButton(() => address)), code]
        : [h("p", { class: "hint" }, "Only this machine is let in. With ", h("code", {}, ANYBODY), " the address for a phone is here.")]),
    );
  };
  // Where the server is away it is asked when the panel is seen again.
  const seen = (/** @type {IntersectionObserverEntry[]} */ [{ isIntersecting }]) => isIntersecting && show().catch(() => {});
  new IntersectionObserver(seen).observe(root);
  return block;
}

/** @param {Studio} studio */
function routesBlock({ store }) {
  const lines = ROUTES.map(([verb, path, meaning]) =>
    h(
      "li",
      { class: "route" },
      h("span", { class: `verb verb-${verb.toLowerCase()}` }, verb),
      h("span", {}, h("code", {}, path), h("small", {}, meaning)),
      copyButton(() => at(path)),
    ),
  );
  store.follow(["declaration"], () => {
    lines[PICTURE].hidden = !hasAddress(store.get("declaration"));
  });
  return h(
    "section",
    { class: "block" },
    h("h3", {}, "Routes"),
    h("ul", { class: "routes" }, ...lines),
  );
}

/** Whether a picture is given, and nothing is needed that does not fit in an address. @param {Declaration} declaration */
function hasAddress(declaration) {
  const takesSeed = declaration.inputs.some(({ name }) => name === "seed");
  const needed = declaration.inputs.filter(
    ({ name, default: fallback, optional }) =>
      (fallback ?? null) === null && !optional && !(takesSeed && ["z", "w"].includes(name)),
  );
  return imageOutput(declaration) !== null && needed.length === 0;
}

/** Browsers ask before a page from the internet may reach this computer. */
function permissionBlock() {
  return h(
    "details",
    { class: "block", id: "permission" },
    h("summary", {}, "From a page on the internet, such as editor.p5js.org"),
    h(
      "p",
      {},
      "Your browser will ask whether the page may reach this computer (“local network” or “apps on this device”): click Allow.",
    ),
    h(
      "p",
      {},
      "If it was denied, or nothing happens: click the sign left of the page's address, set “Local network access” to Allow, and reload the page.",
    ),
    h(
      "p",
      {},
      "The question comes with the first plain request. A sketch that only opens a Socket.IO connection asks for it with this line:",
    ),
    h("pre", {}, `fetch("${at("/healthz")}")`),
  );
}

/** @param {Studio} studio */
function specificationBlocks({ store }) {
  return /** @type {const} */ (["inputs", "outputs"]).map((side) => {
    const text = h("pre", { tabindex: 0, id: `specification-${side}` });
    store.follow(["declaration"], () => {
      text.textContent = JSON.stringify(store.get("declaration")[side], null, 2);
    });
    const heading = side === "inputs" ? "Input specification" : "Output specification";
    return codeSection(heading, text);
  });
}

/** @param {Studio} studio */
function codeBlock({ store }) {
  const code = h("pre", { tabindex: 0, id: "snippet" });
  const tabs = h("div", { class: "segments", role: "group", "aria-label": "Language" });
  const own = h("input", { type: "checkbox", class: "switch", role: "switch", id: "own-numbers" });
  let chosen = "p5";
  const subject = () => ({
    address: ownAddress(),
    declaration: store.get("declaration"),
    values: isLive(store.get("declaration")) ? store.get("values") : store.get("form"),
    vector: own.checked ? store.get("vector") : null,
  });
  const show = () => {
    const all = snippets(subject());
    tabs.replaceChildren(
      ...all.map(({ id, title }) =>
        h(
          "button",
          {
            type: "button",
            id: `code-${id}`,
            "aria-pressed": id === chosen,
            onclick: () => choose(id),
          },
          title,
        ),
      ),
    );
    code.textContent = all.find(({ id }) => id === chosen)?.code ?? "";
  };
  const choose = (/** @type {string} */ id) => {
    chosen = id;
    show();
    document.getElementById(`code-${id}`)?.focus();
  };
  own.addEventListener("change", show);
  const ownLine = h("label", { class: "switch-line" }, own, "This picture's numbers");
  store.follow(["declaration"], () => {
    ownLine.hidden = vectorInput(store.get("declaration")) === null;
    show();
  });
  const refreshForm = atMostEvery(REFRESH_MS, show);
  const refresh = atMostEvery(REFRESH_MS, () => own.checked && show());
  store.addEventListener("vector", refresh);
  store.addEventListener("values", show);
  store.addEventListener("form", refreshForm);
  return h(
    "section",
    { class: "block" },
    h(
      "div",
      { class: "block-head" },
      h("h3", {}, "Code"),
      copyButton(() => code.textContent ?? ""),
    ),
    tabs,
    code,
    ownLine,
  );
}

/** @param {string} heading @param {HTMLElement} text */
function codeSection(heading, text) {
  const copy = copyButton(() => text.textContent ?? "");
  return h(
    "section",
    { class: "block" },
    h("div", { class: "block-head" }, h("h3", {}, heading), copy),
    text,
  );
}

/** @param {() => string} text */
function copyButton(text) {
  const button = h("button", { type: "button", class: "copy" }, "Copy");
  button.addEventListener("click", () => copyFrom(button, text()));
  return button;
}
