/** Building elements by hand: no templates, no framework, nothing a strict CSP minds. */

import { at } from "./address.js";
import { t } from "./words.js";

/** Attributes that people read. */
const READ = ["title", "placeholder", "alt", "label", "aria-label", "aria-valuetext", "aria-description"];

/**
 * Make an element: `h("button", { class: "key", onclick: go }, "Go")`.
 * A name with "on" listens; true sets a bare attribute, false, null and undefined set none, except
 * that `aria-` attributes take every value as text. What people read is shown in their language,
 * unless `translate: "no"` says that it is somebody's own.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, any>} [properties]
 * @param {...(Node | string | number | null | undefined)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  const say = properties.translate === "no" ? String : t;
  for (const [name, value] of Object.entries(properties)) {
    setProperty(element, name, READ.includes(name) && typeof value === "string" ? say(value) : value);
  }
  const nodes = children.filter((child) => child != null);
  element.append(...nodes.map((child) => (typeof child === "string" ? say(child) : nodeOf(child))));
  // What an option without a value is chosen by does not change with the language.
  if (tag === "option" && !("value" in properties)) element.setAttribute("value", nodes.join(""));
  return element;
}

/** @param {Node | string | number} child */
function nodeOf(child) {
  return child instanceof Node ? child : String(child);
}

/** @param {HTMLElement} element @param {string} name @param {any} value */
function setProperty(element, name, value) {
  if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
  else if (name.startsWith("aria-")) element.setAttribute(name, String(value));
  else if (value === true) element.setAttribute(name, "");
  else if (value !== false && value != null) element.setAttribute(name, String(value));
}

/**
 * Copy text and say so on the button that was pressed.
 * @param {HTMLElement} button
 * @param {string} text
 */
export async function copyFrom(button, text) {
  const label = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = t("Copied");
  } catch {
    button.textContent = copyByHand(text) ? t("Copied") : t("Not allowed");
  }
  setTimeout(() => (button.textContent = label), 1200);
}

/** The clipboard of pages that are not a secure context. @param {string} text */
function copyByHand(text) {
  const area = h("textarea", { class: "off-screen" });
  area.value = text;
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}

/** What is wrong with an entry of a form, a sentence; empty where nothing is. @param {HTMLElement} form */
export function wrongIn(form) {
  const boxes = /** @type {HTMLTextAreaElement[]} */ ([...form.querySelectorAll("textarea")]);
  return boxes.find(({ validity }) => validity.customError)?.validationMessage ?? "";
}

/** A drawing from icons.svg. @param {string} name */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", at(`/studio/icons.svg#${name}`));
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "icon");
  svg.append(use);
  return svg;
}

/** A button of the bar. @param {string} name of its drawing @param {string} label @param {() => void} act */
export function tool(name, label, act) {
  return h(
    "button",
    {
      type: "button",
      id: `tool-${name}`,
      class: "tool",
      title: label,
      "aria-label": label,
      onclick: act,
    },
    icon(name),
  );
}
