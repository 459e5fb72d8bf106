/** Annotate: sets of pictures that boxes are drawn into, for a detector to learn from. */

import { Editor } from "../annotate/editor.js";
import { makeDatasetView } from "../annotate/dataset.js";
import { Sets } from "../annotate/sets.js";
import { h } from "../dom.js";
import { download } from "../files.js";
import { keep, kept } from "../keeping.js";
import { sentence } from "../slots.js";
import { Trainings } from "../train/trainings.js";
import { moment, t } from "../words.js";

/** @import { Panel, Studio } from "../types.d.ts" */
/** @import { InList, ShownState } from "../annotate/sets.js" */

const FORMATS = /** @type {[string, string, string][]} */ ([
  ["yolo", "YOLO, with pictures", ".zip"],
  ["voc", "Pascal VOC", ".zip"],
  ["coco", "COCO", ".json"],
  ["csv", "CSV", ".csv"],
]);
/** How many pictures are in a state. */
const TOLD = { todo: "{n} to do", begun: "{n} begun", done: "{n} done", empty: "{n} empty", skipped: "{n} skipped" };
const DETECTOR = "train-detector";
const MARK = "#annotate=";

export default /** @type {Panel} */ ({ title: "Annotate", place: "side", order: 75, owner: true, mount });

/** @param {HTMLElement} root @param {Studio} studio */
function mount(root, studio) {
  const room = new Room(studio);
  root.append(...room.elements);
  new IntersectionObserver(([{ isIntersecting }]) => isIntersecting && room.refresh()).observe(root);
  addEventListener("hashchange", () => room.goOn());
  room.goOn();
}

class Room {
  #studio;
  #sets;
  #trainings;
  /** @type {Editor | null} */
  #editor = null;
  #canTrain = false;
  /** Sets of which more is shown. @type {string[]} */
  #open = [];
  #list = h("ul", { class: "boxes-sets", "aria-label": "Sets of pictures" });
  #trouble = h("p", { class: "trouble", role: "alert", hidden: true });
  #words = h("p", { class: "hint", role: "status" });
  #view;
  #drop = h("button", { type: "button", class: "boxes-drop", id: "boxes-new" }, h("b", {}, "Pictures"), h("span", {}, "Drop them here, or press to choose; zip files too"));
  #input = h("input", { type: "file", multiple: true, class: "off-screen", tabindex: -1, accept: "image/*,.zip", "aria-label": "Pictures" });

  /** @param {Studio} studio */
  constructor(studio) {
    this.#studio = studio;
    const token = () => studio.connection.token;
    this.#sets = new Sets(token);
    this.#trainings = new Trainings(token);
    this.#view = makeDatasetView(this.#sets, (id, picture) => this.#draw(id, picture));
    this.#drop.addEventListener("click", () => this.#input.click());
    this.#input.addEventListener("change", () => {
      this.#begin([...(this.#input.files ?? [])]);
      this.#input.value = "";
    });
    takeDrops(this.#drop, (files) => this.#begin(files));
  }

  get elements() {
    const line = h("p", { class: "hint" }, "Or a folder of this machine: ", h("code", {}, "taxiway annotate FOLDER"));
    return [this.#drop, this.#input, line, this.#words, this.#trouble, this.#list, this.#view.element];
  }

  /** Open what the address or the reload says. */
  async goOn() {
    const asked = location.hash.startsWith(MARK) ? location.hash.slice(MARK.length) : "";
    const [of, picture = ""] = asked.split("&");
    const { id = "", name = "" } = asked ? { id: of, name: decodeURIComponent(picture) } : (kept("annotate") ?? {});
    if (asked) history.replaceState(null, "", location.pathname + location.search);
    if (id && !this.#editor) await this.#draw(id, name);
    if (asked) document.getElementById("tab-annotate")?.click();
  }

  async refresh() {
    await this.#try(async () => {
      const { sets } = await this.#sets.all();
      const more = this.#list.querySelectorAll("details[open]");
      this.#open = [...more].map((one) => /** @type {HTMLElement} */ (one.closest("li")).dataset.set ?? "");
      this.#list.replaceChildren(...sets.map((set) => this.#card(set)));
    });
    const offer = await this.#trainings.trainers().catch(() => null);
    this.#canTrain = Boolean(offer && DETECTOR in offer.tools && !(DETECTOR in offer.broken));
    for (const button of this.#list.querySelectorAll(".boxes-train")) {
      /** @type {HTMLButtonElement} */ (button).hidden = !this.#canTrain;
    }
  }

  /** @param {InList} set */
  #card({ id, title, own, path, states, error }) {
    const total = Object.values(states).reduce((sum, count) => sum + count, 0);
    const finished = (states.done ?? 0) + (states.empty ?? 0);
    const told = /** @type {[ShownState, number][]} */ (Object.entries(states)).map(([state, count]) => t(TOLD[state], { n: count }));
    const act = (/** @type {string} */ words, /** @type {() => any} */ work, /** @type {Record<string, any>} */ more = {}) =>
      h("button", { type: "button", ...more, onclick: work }, words);
    const format = h("select", { "aria-label": "Format" }, ...FORMATS.map(([value, words]) => h("option", { value }, words)));
    const remove = act("Remove", () => this.#remove(id, remove, own));
    const more = h(
      "details",
      { open: this.#open.includes(id) },
      h("summary", {}, "Import, export, check"),
      h("div", { class: "row" }, format, act("Export", () => this.#export(id, title, format.value))),
      h("div", { class: "row" }, act("Import boxes", () => this.#import(id)), own ? act("Add pictures", () => this.#add(id)) : null, act("Check", () => this.#check(id), { class: "boxes-check" }), remove),
      h("p", { class: "hint" }, own ? "Its pictures are kept in the data folder." : path),
    );
    const card = h(
      "li",
      { class: "boxes-set", "data-set": id },
      h("div", { class: "block-head" }, h("h3", { translate: "no" }, title), h("span", { class: "figure hint" }, t("{n} of {total}", { n: finished, total }))),
      h("progress", { max: total || 1, value: finished, "aria-label": t("Done of {title}", { title }) }),
      error ? h("p", { class: "trouble" }, error) : h("p", { class: "hint" }, told.join(", ") || "No pictures yet."),
      h("div", { class: "row" }, act("Draw boxes", () => this.#draw(id, ""), { class: "primary boxes-open" }), act("Train on these", () => this.#train(id), { class: "boxes-train", hidden: !this.#canTrain })),
      more,
    );
    if (own) takeDrops(card, (files) => this.#send(id, files));
    return card;
  }

  /** @param {string} id @param {string} picture */
  async #draw(id, picture) {
    await this.#try(async () => {
      const [opened, { models }] = await Promise.all([this.#sets.open(id), this.#sets.all()]);
      if (this.#editor) return;
      this.#editor = new Editor(this.#sets, id, opened, models, () => {
        this.#editor = null;
        this.refresh();
      });
      this.#editor.open(picture);
    });
    if (!this.#editor) keep("annotate", null);
  }

  /** A new set of these pictures. @param {File[]} files */
  async #begin(files) {
    if (!files.length) return;
    await this.#try(async () => {
      const [{ name }] = files;
      const title = files.length === 1 ? name.replace(/\.[^.]*$/, "") : t("Pictures of {day}", { day: moment(Date.now(), "day") });
      const { id } = await this.#sets.create(title);
      await this.#send(id, files);
      await this.#draw(id, "");
    });
  }

  /** @param {string} id @param {File[]} files */
  async #send(id, files) {
    await this.#try(async () => {
      const { pictures, boxes, wrong } = await this.#sets.add(id, files, (sent) => (this.#words.textContent = t("Sends file {n} of {total}.", { n: sent + 1, total: files.length })));
      const came = boxes ? t("{n} picture came, with {boxes} boxes. | {n} pictures came, with {boxes} boxes.", { n: pictures, boxes }) : t("{n} picture came. | {n} pictures came.", { n: pictures });
      this.#words.textContent = [came, ...wrong.slice(0, 5)].join(" ");
    });
    await this.refresh();
  }

  /** @param {string} id */
  #add(id) {
    choose("image/*,.zip", true, (files) => this.#send(id, files));
  }

  /** @param {string} id */
  #import(id) {
    choose(".zip,.json,.csv,.xml,.txt", false, ([file]) =>
      this.#try(async () => {
        this.#words.textContent = t("Looks at {file}.", { file: file.name });
        this.#words.textContent = (await this.#sets.bringIn(id, file)).says;
        await this.refresh();
      }),
    );
  }

  /** @param {string} id @param {string} title @param {string} format */
  #export(id, title, format) {
    this.#try(async () => {
      const ending = FORMATS.find(([name]) => name === format)?.[2] ?? ".zip";
      download(`${title}-${format}${ending}`, await this.#sets.export(id, format, format === "yolo"));
    });
  }

  /** @param {string} id */
  async #check(id) {
    await this.#view.show(id);
    this.#view.element.scrollIntoView({ block: "nearest" });
  }

  /** @param {string} id @param {HTMLElement} button @param {boolean} own */
  #remove(id, button, own) {
    if (button.dataset.sure !== "yes") {
      button.dataset.sure = "yes";
      button.textContent = own ? t("Remove its pictures and boxes for good") : t("Remove from this list (files stay)");
      return;
    }
    this.#try(async () => {
      await this.#sets.remove(id);
      await this.refresh();
    });
  }

  /** @param {string} id */
  #train(id) {
    this.#studio.store.set("training", { tool: DETECTOR, inputs: { dataset: id } });
    document.getElementById("tab-train")?.click();
  }

  /** @param {() => Promise<any>} work */
  async #try(work) {
    this.#say("");
    try {
      await work();
    } catch (error) {
      this.#words.textContent = ""; // it goes on no more
      this.#say(sentence(error));
    }
  }

  /** @param {string} words */
  #say(words) {
    this.#trouble.textContent = t(words);
    this.#trouble.hidden = !words;
  }
}

/** @param {HTMLElement} element @param {(files: File[]) => void} take */
function takeDrops(element, take) {
  element.addEventListener("drop", (event) => {
    const files = [...(event.dataTransfer?.files ?? [])];
    if (!files.length) return;
    event.preventDefault();
    event.stopPropagation();
    take(files);
  });
}

/** @param {string} accept @param {boolean} multiple @param {(files: File[]) => void} take */
function choose(accept, multiple, take) {
  const input = h("input", { type: "file", accept, multiple });
  input.addEventListener("change", () => input.files?.length && take([...input.files]));
  input.click();
}
