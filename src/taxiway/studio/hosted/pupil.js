/** The page of a hosted model, for whoever has a link: phone first (docs/hosted-pages.md). */

import { h } from "../dom.js";
import { loadWidgets } from "../widgets/index.js";
import { t } from "../words.js";
import { Form } from "./form.js";
import { Instrument } from "./instrument.js";
import { isPlayed } from "./inputs.js";
import { more } from "./more.js";
import { Service, stateWords } from "./service.js";
import { keepToken, takeToken, tokenIn } from "./token.js";

/** @import { HostedState, Refusal } from "./service.js" */

const LOOK_MS = 5000;

const model = document.querySelector('meta[name="taxiway-model"]')?.getAttribute("content") ?? "";
const service = new Service(model);
const main = /** @type {HTMLElement} */ (document.querySelector("main"));
const status = h("p", { class: "state", role: "status" });
const said = h("p", { class: "trouble", role: "alert", hidden: true });

/** Say what went wrong; nothing takes it back. @param {string} sentence */
function say(sentence) {
  said.textContent = sentence;
  said.hidden = !sentence;
}

/** @param {HostedState | null} state @param {string} [words] */
function show(state, words) {
  if (state) document.body.dataset.state = state.state;
  const left = state?.left ?? null;
  const parts = [words ?? stateWords(document.body.dataset.state ?? "")];
  if (left !== null) parts.push(t("{n} question left | {n} questions left", { n: left }));
  status.textContent = parts.join(" · ");
}

async function look() {
  if (document.hidden || service.isWorking) return;
  try {
    show(await service.state());
  } catch (problem) {
    const { status, message } = /** @type {Refusal} */ (problem);
    document.body.dataset.state = "offline";
    show(null, status === 401 ? message : undefined); // a token that was revoked meanwhile
  }
}

/** @param {HostedState} state */
function header({ title, summary, label, watched }) {
  document.title = title;
  return h(
    "header",
    { class: "bar" },
    h("h1", {}, title),
    label ? h("span", { class: "who", translate: "no" }, label) : null,
    h("p", { class: "summary" }, summary),
    status,
    watched ? h("p", { class: "watched" }, "Your teacher sees the pictures that are made here.") : null,
  );
}

/** Ask for a link or a token, where there is none that is good. @param {Refusal} problem */
function askForToken(problem) {
  document.title = model;
  document.body.dataset.state = "asleep";
  const box = h("input", { type: "text", id: "link", autocomplete: "off", autocapitalize: "off", spellcheck: "false" });
  const form = h(
    "form",
    {
      class: "door",
      onsubmit: (/** @type {Event} */ event) => {
        event.preventDefault();
        keepToken(model, tokenIn(box.value));
        open();
      },
    },
    h("label", { for: "link" }, "Your link, or the token in it"),
    box,
    h("button", { class: "primary" }, "Open"),
  );
  const words = service.token ? problem.message : t("This model opens with a link of your own: scan your QR code, or paste the link here.");
  main.replaceChildren(h("h1", { translate: "no" }, model), h("p", { class: service.token ? "trouble" : "lead" }, words), form);
}

async function open() {
  service.token = takeToken(model);
  service.onWait = show;
  try {
    const state = await service.state();
    main.replaceChildren(header(state), said);
    show(state);
    const [info] = await Promise.all([service.info(), loadWidgets()]);
    build(info, state);
  } catch (problem) {
    const refusal = /** @type {Refusal} */ (problem);
    if (refusal.status === 401) askForToken(refusal);
    else main.replaceChildren(h("h1", { translate: "no" }, model), h("p", { class: "trouble", role: "alert" }, refusal.message), again());
  }
}

const again = () => h("button", { class: "primary", onclick: open }, "Try again");

/** @param {any} info @param {HostedState} state */
function build(info, state) {
  const declaration = { ...info, live: isPlayed(info) };
  const part = { declaration, model, title: state.title, service, say, answered: () => queueMicrotask(look) };
  document.body.dataset.kind = declaration.live ? "instrument" : "form";
  const played = declaration.live ? new Instrument(part) : new Form(part);
  main.append(...played.elements, more({ declaration, service, values: () => played.inputs.values }));
  main.insertBefore(said, played.elements[0].nextSibling);
  if (document.body.dataset.kind === "instrument") played.start();
  look();
}

setInterval(look, LOOK_MS);
addEventListener("hashchange", open);
open();
