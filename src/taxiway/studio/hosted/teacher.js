/** The teacher's page: models, tokens, usage, errors (docs/hosted-pages.md). */

import { h } from "../dom.js";
import { keep, kept } from "../keeping.js";
import { errorList } from "./errors.js";
import { giving } from "./giving.js";
import { modelCards } from "./models.js";
import { SIGNED_IN, Teacher } from "./teaching.js";
import { tokenTable } from "./tokens.js";

/** @import { Refusal } from "./service.js" */

const EVERY_MS = 2000;

const main = /** @type {HTMLElement} */ (document.querySelector("main"));
const teacher = new Teacher();
const said = h("p", { class: "trouble", role: "alert", hidden: true });

/** @param {string} sentence */
function say(sentence) {
  said.textContent = sentence;
  said.hidden = !sentence;
}

/** What the page's parts do, with what goes wrong as a sentence. @param {() => Promise<unknown>} work */
async function attempt(work) {
  try {
    say("");
    await work();
    await teacher.look();
  } catch (problem) {
    fail(/** @type {Refusal} */ (problem));
  }
}

/** @param {Refusal} problem */
function fail(problem) {
  if (!teacher.token) return; // an answer to what was asked before signing out
  if (problem.status === 401) signedOut(problem.message);
  else say(problem.message);
}

/** @param {string} words */
function signedOut(words) {
  keep(SIGNED_IN, "");
  teacher.token = "";
  main.replaceChildren(
    h("h1", {}, "For the teacher"),
    h("p", { class: "lead" }, words),
    h("p", { class: "hint" }, "On the machine that hosts the models, in a terminal; the link it prints opens this page once:"),
    h("pre", {}, "taxiway host owner-link"),
  );
}

function header() {
  const out = h("button", { type: "button", id: "leave" }, "Sign out");
  out.addEventListener("click", async () => {
    await teacher.post("/leave").catch(() => {});
    signedOut("You are signed out.");
  });
  return h("header", { class: "bar" }, h("h1", {}, "Hosted models"), out);
}

function build() {
  const part = { teacher, attempt };
  const sheet = h("section", { class: "sheet", hidden: true, "aria-label": "Tokens, shown only now" });
  main.replaceChildren(header(), said, modelCards(part), sheet, giving(part, sheet), tokenTable(part), errorList(part));
}

async function open() {
  const link = location.hash.match(/link_[\w-]+/)?.[0];
  if (location.hash) history.replaceState(null, "", location.pathname);
  try {
    if (link) keep(SIGNED_IN, await teacher.enter(link));
    teacher.token = kept(SIGNED_IN) ?? "";
    await teacher.look();
    build();
    teacher.announce();
  } catch (problem) {
    const { status, message } = /** @type {Refusal} */ (problem);
    signedOut(link || status !== 401 ? message : "This page opens with a link that works once.");
  }
}

setInterval(() => teacher.token && !document.hidden && teacher.look().catch(fail), EVERY_MS);
addEventListener("hashchange", open);
open();
