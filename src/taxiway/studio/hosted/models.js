/** The hosted models: how each is, waking and sleeping, and its last pictures where they are shown. */

import { h } from "../dom.js";
import { t } from "../words.js";
import { stateWords } from "./service.js";
import { keyed, when } from "./teaching.js";

/** @import { HostedModel, Note, Part } from "./teaching.js" */

const PICTURES_MS = 4000;

/** @param {Part} part */
export function modelCards(part) {
  const cards = h("div", { class: "cards" });
  const none = h("p", { class: "hint" }, "Nothing is hosted yet. In a terminal: taxiway host create class-7b --model rainbow");
  const shared = h("p", { class: "hint" });
  const made = new Map();
  part.teacher.follow(() => {
    const { models, servers, silent } = part.teacher.state;
    none.hidden = models.length > 0;
    shared.hidden = servers.length < 2;
    shared.textContent = silent.length
      ? t("{n} servers share this; no answer from {names}.", { n: servers.length, names: silent.join(", ") })
      : t("{n} servers share this.", { n: servers.length });
    keyed(cards, models, ({ name }) => name, made, (model) => card(part, model.name));
  });
  return h("section", { class: "block" }, h("h2", {}, "Models"), none, shared, cards);
}

/** @param {Part} part @param {string} name */
function card(part, name) {
  const title = h("span", { translate: "no" }, name);
  const words = h("small", {});
  const numbers = h("p", { class: "numbers" });
  const album = h("div", { class: "album", hidden: true });
  const act = (/** @type {string} */ what) => part.attempt(() => part.teacher.post(`/models/${name}/${what}`));
  const power = button("Wake", () => act(power.dataset.act ?? "wake"));
  const active = button("Pause", () => act(active.dataset.act ?? "deactivate"));
  const watch = h("input", { type: "checkbox", class: "switch", role: "switch" });
  watch.addEventListener("change", () => act(watch.checked ? "watch" : "unwatch"));
  const watchLine = h("label", { class: "switch-line", title: "Pupils are told. Nothing is kept on the disk." }, watch, "Show the last pictures");
  const lamp = h("span", { class: "lamp" });
  const element = h("article", { class: "card" }, h("h3", {}, lamp, title, words), numbers, h("div", { class: "row" }, power, active), watchLine, album);
  const pictures = followPictures(part, name, album);
  const show = (/** @type {HostedModel} */ model) => {
    element.dataset.state = model.active ? model.state : "asleep";
    words.textContent = model.active ? shortly(model) : t("Paused: answers nobody");
    numbers.replaceChildren(...figures(model, part.teacher.state.servers.length > 1));
    const isUp = ["running", "starting"].includes(model.state);
    set(power, isUp ? t("Sleep") : t("Wake"), isUp ? "sleep" : "wake");
    power.disabled = !model.active && !isUp;
    set(active, model.active ? t("Pause") : t("Let it answer"), model.active ? "deactivate" : "activate");
    watch.checked = model.watched;
    pictures(model.watched);
  };
  return { element, show };
}

/** @param {string} text @param {() => void} act */
const button = (text, act) => h("button", { type: "button", onclick: act }, text);

/** @param {HTMLButtonElement} button @param {string} text @param {string} act */
function set(button, text, act) {
  if (button.textContent !== text) button.textContent = text;
  button.dataset.act = act;
}

/** @param {HostedModel} model */
function shortly({ state, waiting }) {
  const how = state === "asleep" ? t("Asleep") : stateWords(state);
  return waiting ? t("{how}, {n} in line", { how, n: waiting }) : how;
}

/** @param {HostedModel} model @param {boolean} isShared whether it may be at several servers */
function figures({ model, requests, errors, cost, public: isPublic, servers }, isShared) {
  const figure = (/** @type {string} */ words) => h("span", {}, words);
  return [
    figure(t("{n} question | {n} questions", { n: requests })),
    figure(t("{n} error | {n} errors", { n: errors })),
    ...(Number(cost) ? [figure(t("cost {cost}", { cost }))] : []),
    figure(model),
    figure(isPublic ? t("for anyone") : t("private")),
    ...(isShared && servers.length ? [figure(t("at {names}", { names: servers.join(", ") }))] : []),
  ];
}

/** Show the last pictures as long as that is on. @param {Part} part @param {string} name @param {HTMLElement} album */
function followPictures({ teacher }, name, album) {
  let looked = 0;
  const made = new Map();
  return async (/** @type {boolean} */ isOn) => {
    album.hidden = !isOn;
    if (!isOn) looked = 0;
    if (!isOn || performance.now() - looked < PICTURES_MS) return;
    looked = performance.now();
    const { pictures } = await teacher.get(`/pictures/${name}`).catch(() => ({ pictures: [] }));
    keyed(album, /** @type {Note[]} */ (pictures), ({ at, label }) => `${at} ${label}`, made, figure);
  };
}

/** @param {Note} note */
function figure({ at, label, text }) {
  const picture = h("img", { src: text, alt: t("By {who}, {when}", { who: label, when: when(at) }), loading: "lazy" });
  return { element: h("figure", { title: picture.alt }, picture, h("figcaption", { translate: "no" }, label)), show: () => {} };
}
