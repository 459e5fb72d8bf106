/** The tokens: what was asked with each, live, and their end. */

import { h } from "../dom.js";
import { t } from "../words.js";
import { download } from "../files.js";
import { keyed, when } from "./teaching.js";

/** @import { HostedToken, Part } from "./teaching.js" */

const SURE_MS = 4000;
const HEADS = ["For whom", "Model", "State", "Asked", "Left", "Errors", "Last", ""];

/** @param {Part} part */
export function tokenTable(part) {
  const body = h("tbody", {});
  const choose = h("select", { "aria-label": "Tokens of" }, h("option", { value: "" }, "All models"));
  const save = h("button", { type: "button", id: "usage" }, "Usage as CSV");
  save.addEventListener("click", () => part.attempt(async () => download("usage.csv", await part.teacher.usage())));
  const made = new Map();
  const show = () => {
    const { tokens, models } = part.teacher.state;
    offer(choose, models.map(({ name }) => name));
    const shown = tokens.filter(({ model }) => !choose.value || model === choose.value);
    keyed(body, shown, ({ id }) => String(id), made, (token) => line(part, token));
  };
  choose.addEventListener("change", show);
  part.teacher.follow(show);
  const heads = HEADS.map((head) => h("th", { class: isNumber(head) ? "number" : null }, head));
  const table = h("table", {}, h("thead", {}, h("tr", {}, ...heads)), body);
  const head = h("div", { class: "head" }, h("h2", {}, "Tokens"), h("div", { class: "row" }, choose, save));
  return h("section", { class: "block" }, head, table);
}

/** Names of models to choose from, one more only where it is new. @param {HTMLSelectElement} select @param {string[]} names */
export function offer(select, names) {
  const there = [...select.options].map(({ value }) => value);
  for (const name of names) if (!there.includes(name)) select.append(h("option", { value: name, translate: "no" }, name));
  for (const option of [...select.options]) if (option.value && !names.includes(option.value)) option.remove();
}

/** @param {string} head */
const isNumber = (head) => ["Asked", "Left", "Errors"].includes(head);

/** @param {Part} part @param {HostedToken} token */
function line(part, { id }) {
  const cells = HEADS.map((head, k) =>
    h("td", { class: isNumber(head) ? "number" : k ? null : "name", "data-head": isNumber(head) || head === "Last" ? t(head) : null }),
  );
  const revoke = revoking(() => part.attempt(() => part.teacher.post(`/tokens/${id}/revoke`)));
  const act = /** @type {HTMLElement} */ (cells.at(-1));
  act.className = "act";
  act.append(revoke);
  const element = h("tr", {}, ...cells);
  const show = (/** @type {HostedToken} */ token) => {
    const texts = [token.label, token.model, stateOf(token), token.requests, token.left ?? "", token.errors || "", when(token.last_use)];
    texts.forEach((text, k) => (cells[k].textContent = String(text)));
    element.classList.toggle("over", token.state !== "ok");
    revoke.hidden = token.state === "revoked" || token.label === "(anyone)";
  };
  return { element, show };
}

/** @param {HostedToken} token */
function stateOf({ state, rate, expires }) {
  const over = { revoked: t("revoked"), expired: t("expired"), "used up": t("used up") };
  if (state in over) return over[/** @type {keyof typeof over} */ (state)];
  return [rate, expires === null ? "" : t("until {when}", { when: when(expires) })].filter(Boolean).join(", ");
}

/** A button that asks back once. @param {() => void} act */
function revoking(act) {
  const button = h("button", { type: "button", class: "copy" }, "Revoke");
  let timer = 0;
  const calm = () => {
    timer = 0;
    button.textContent = t("Revoke");
  };
  button.addEventListener("click", () => {
    if (timer) {
      clearTimeout(timer);
      calm();
      return act();
    }
    button.textContent = t("For good?");
    timer = setTimeout(calm, SURE_MS);
  });
  return button;
}
