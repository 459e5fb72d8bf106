/** The choice of the language, which is kept in this browser. */

import { h } from "./dom.js";
import { chooseLanguage, language, LANGUAGES } from "./words.js";

export function languageChoice() {
  const options = Object.entries(LANGUAGES).map(([value, name]) =>
    h("option", { value, lang: value, translate: "no", selected: value === language }, name),
  );
  const choice = h("select", { class: "language", title: "Language", "aria-label": "Language" }, ...options);
  choice.addEventListener("change", () => chooseLanguage(choice.value));
  return choice;
}
