/**
 * The studio's words in the reader's language (docs/languages.md).
 *
 * English stands in the code, and is the key of every other language's words, which are in
 * words/LANGUAGE.json. What has no entry there stays English.
 */

/** By their own names. @type {Record<string, string>} */
export const LANGUAGES = { en: "English", de: "Deutsch" };

/** For tests, as Unicode has them: accents and two fifths longer; letters from right to left. */
const PSEUDO = ["en-XA", "ar-XB"];
const KEY = "taxiway language";
const RIGHT_TO_LEFT = ["ar", "dv", "fa", "he", "ku", "ps", "sd", "ug", "ur", "yi"];
const FORMS = " | ";
const ACCENTS = ["aeiouycnszAEIOUYCNSZ", "áéíóúýçñšžÁÉÍÓÚÝÇÑŠŽ"];

/** What is shown: a key of LANGUAGES, or a pseudo-locale. */
export const language = chosen() ?? firstOf(navigator.languages);
/** The reader's own kind of that language, such as de-AT, for numbers and dates. */
const locale = navigator.languages.find((one) => baseOf(one) === language) ?? baseOf(language);
const plurals = new Intl.PluralRules(locale);
const englishPlurals = new Intl.PluralRules("en");
/** In the order in which the forms of an entry stand. */
const CATEGORIES = ["zero", "one", "two", "few", "many", "other"];
/** @type {Record<string, string>} */
const catalogue = await load();

document.documentElement.lang = locale;
document.documentElement.dir = RIGHT_TO_LEFT.includes(baseOf(language)) ? "rtl" : "ltr";

/**
 * Words in the reader's language: `t("Seed")`, `t("{n} of {total}", { n, total })`, and where a number
 * decides, `t("{n} picture | {n} pictures", { n })`: forms in the order of the language's plurals, by `n`.
 * @param {string} english
 * @param {Record<string, string | number>} [values] numbers are written as the language does
 */
export function t(english, values) {
  const entry = catalogue[english];
  if (!values) return entry ?? english;
  const rules = entry === undefined || PSEUDO.includes(language) ? englishPlurals : plurals;
  return formOf(entry ?? english, rules, values.n).replace(/\{(\w+)\}/g, (whole, name) => {
    const value = values[name];
    return typeof value === "number" ? number(value) : (value ?? whole);
  });
}

/** @param {string} entry @param {Intl.PluralRules} rules @param {string | number | undefined} count */
function formOf(entry, rules, count) {
  const forms = entry.split(FORMS);
  if (forms.length === 1 || typeof count !== "number") return forms[0];
  const { pluralCategories } = rules.resolvedOptions();
  const known = CATEGORIES.filter((one) => /** @type {string[]} */ (pluralCategories).includes(one));
  return forms[known.indexOf(rules.select(count))] ?? forms[forms.length - 1];
}

/** A number as the language writes it. @param {number} value @param {number} [digits] behind its point, always so many */
export function number(value, digits) {
  const bounds = digits === undefined ? { maximumFractionDigits: 6 } : { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return value.toLocaleString(locale, { useGrouping: Math.abs(value) >= 10000, ...bounds });
}

/** A title within a sentence: small, but in a language whose nouns are large. @param {string} title */
export function inSentence(title) {
  return language === "de" ? title : title.charAt(0).toLowerCase() + title.slice(1);
}

/** A part of a whole in per cent. @param {number} part from 0 to 1 */
export function percent(part) {
  return `${Math.floor(100 * part)} %`;
}

/** @param {number} time ms since 1970 @param {"day" | "time" | "both"} [what] */
export function moment(time, what = "both") {
  const date = new Date(time);
  if (what === "day") return date.toLocaleDateString(locale);
  return what === "time" ? date.toLocaleTimeString(locale) : date.toLocaleString(locale);
}

/** Show another language from now on, in every window of this browser. @param {string} wanted */
export function chooseLanguage(wanted) {
  try {
    localStorage.setItem(KEY, wanted);
  } catch {
    // a browser that keeps nothing goes by its own languages
  }
  location.reload();
}

/**
 * Let a decimal comma be typed where the browser's own language has a point, and so would leave it out:
 * what is a number's field reads by the browser's language, not by that of the page.
 */
export function takeCommas() {
  const pointOf = (/** @type {string} */ tag) => (1.5).toLocaleString(tag)[1];
  if (pointOf(locale) !== "," || pointOf(navigator.language) !== ".") return;
  addEventListener("beforeinput", (event) => {
    const { target, data } = event;
    if (data !== "," || !(target instanceof HTMLInputElement) || target.type !== "number") return;
    event.preventDefault();
    document.execCommand("insertText", false, ".");
  });
}

/** @returns {string | null} */
function chosen() {
  try {
    const kept = localStorage.getItem(KEY) ?? "";
    return kept in LANGUAGES || PSEUDO.includes(kept) ? kept : null;
  } catch {
    return null;
  }
}

/** @param {readonly string[]} wanted */
function firstOf(wanted) {
  return wanted.map(baseOf).find((one) => one in LANGUAGES) ?? "en";
}

/** @param {string} tag such as de-AT */
function baseOf(tag) {
  return tag.split("-")[0].toLowerCase();
}

async function load() {
  if (language === "en") return {};
  const isPseudo = PSEUDO.includes(language);
  const name = isPseudo ? "de" : language;
  try {
    const words = await (await fetch(new URL(`words/${name}.json`, import.meta.url))).json();
    return isPseudo ? Object.fromEntries(Object.keys(words).map((key) => [key, pseudo(key)])) : words;
  } catch {
    return {};
  }
}

/** English, but seen to have gone through the catalogue, and as long as other languages are. @param {string} english */
function pseudo(english) {
  return english.split(FORMS).map((form) => {
    if (language === "ar-XB") return form.replace(/(?<!\{)\b\p{L}+\b(?!\})/gu, "\u202e$&\u202c");
    const accented = form.replace(/\{\w+\}|[a-z]/gi, (one) => (one[1] ? one : (ACCENTS[1][ACCENTS[0].indexOf(one)] ?? one)));
    return accented + " ·".repeat(Math.ceil(form.length * 0.2));
  }).join(FORMS);
}
