/** Where boxes are drawn: the whole window, over the studio, for one set of pictures. */

import { h } from "../dom.js";
import { keep } from "../keeping.js";
import { sentence } from "../slots.js";
import { Board } from "./board.js";
import { moved, resized, unknown } from "./boxes.js";
import { Classes } from "./classes.js";
import { Hand } from "./hand.js";
import { Keeper } from "./keeper.js";
import { keysOf, KEYS_HELP } from "./keys.js";
import { makeParts } from "./parts.js";
import { Pictures } from "./pictures.js";
import { shownState } from "./sets.js";
import { Steps } from "./steps.js";
import { Strip } from "./strip.js";
import { t } from "../words.js";

/** @import { Box, BoxClass, Model, Opened, Overview, Sets, Shown, ShownState, State } from "./sets.js" */

const LOOK_MS = 3000;

export class Editor {
  element = h("dialog", { class: "boxes-editor", "aria-labelledby": "boxes-title" });
  #sets;
  #id;
  #closed;
  /** @type {Model[]} */
  #models;
  /** @type {Overview} */
  #overview = { pictures: [], classes: [], version: 0, counts: {}, troubles: [] };
  /** The picture that is drawn into. @type {Shown | null} */
  #shown = null;
  #selected = -1;
  #steps = new Steps();
  #keeper;
  #strip;
  #classes;
  #board;
  #hand;
  #timer = 0;
  /** Of the overview that is shown. */
  #mark = "";
  #preLabelling = false;
  #pictures;
  #parts = makeParts();

  /** @param {Sets} sets @param {string} id @param {Opened} opened @param {Model[]} models @param {() => void} closed */
  constructor(sets, id, opened, models, closed) {
    this.#sets = sets;
    this.#id = id;
    this.#models = models;
    this.#closed = closed;
    this.#pictures = new Pictures(sets, id);
    this.#keeper = new Keeper(sets, id);
    this.#strip = new Strip(sets, id, (name) => this.turnTo(name));
    this.#classes = new Classes({
      change: (classes) => this.#changeClasses(classes),
      choose: (id) => this.chooseClass(id),
    });
    this.#hand = new Hand(this.#parts);
    this.#board = new Board(this.#parts.canvas, {
      boxes: () => this.#shown?.boxes ?? [],
      selected: () => this.#selected,
      current: () => this.#classes.current,
      classOf: (id) => this.#classes.of(id),
      select: (number) => this.select(number),
      add: (box) => this.#draw([...this.boxes, box], this.boxes.length),
      change: (number, box) => this.#draw(this.boxes.map((one, k) => (k === number ? box : one)), number),
      needClass: () => this.#needClass(),
    });
    this.#compose(opened.title);
    this.#listen();
    if (opened.overview) this.#take(opened.overview);
  }

  get boxes() {
    return this.#shown?.boxes ?? [];
  }

  get selected() {
    return this.#selected;
  }

  /** @param {string} name of a picture; the first that is to do where there is none of that name */
  open(name) {
    document.body.append(this.element);
    this.element.showModal();
    this.#parts.canvas.focus({ preventScroll: true });
    const { pictures } = this.#overview;
    const first = pictures.find((one) => one.name === name) ?? pictures.find(({ state }) => state === "todo" || state === "begun") ?? pictures[0];
    if (first) this.turnTo(first.name);
    if (!this.#classes.current) this.#needClass();
    this.#timer = setInterval(() => document.hidden || this.#look(), LOOK_MS);
  }

  close() {
    if (!this.element.isConnected) return;
    clearInterval(this.#timer);
    this.#preLabelling = false;
    this.#keeper.close();
    this.#strip.close();
    this.element.remove();
    keep("annotate", null);
    this.#closed();
  }

  /** @param {string} name */
  async turnTo(name) {
    this.#board.giveUp();
    this.#hand.say("");
    keep("annotate", { id: this.#id, name });
    this.#strip.turnTo(name);
    this.#hand.trouble("");
    try {
      const [shown, picture] = await Promise.all([this.#sets.boxes(this.#id, name), this.#pictures.get(name)]);
      this.#begin(shown, picture);
    } catch (error) {
      this.#hand.trouble(sentence(error));
    }
  }

  /** Go so many pictures on. @param {number} by */
  step(by) {
    const names = this.#strip.element.querySelectorAll(".boxes-item:not([hidden])");
    const all = [...names].map((item) => /** @type {HTMLElement} */ (item).dataset.name ?? "");
    const now = all.indexOf(this.#shown?.name ?? "");
    const next = all[Math.min(Math.max(now + by, 0), all.length - 1)];
    if (next && next !== this.#shown?.name) this.turnTo(next);
  }

  /** The picture is finished: go to the next that is not. @param {State} state */
  finish(state) {
    if (!this.#shown) return;
    const { name } = this.#shown;
    this.#put({ ...this.#shown, state });
    const { pictures } = this.#overview;
    const here = pictures.findIndex((one) => one.name === name);
    const rest = [...pictures.slice(here + 1), ...pictures.slice(0, here)];
    const next = rest.find((one) => one.state === "todo" || one.state === "begun");
    if (next) this.turnTo(next.name);
    else {
      this.#hand.say("Every picture is done.");
      this.select(-1);
    }
  }

  /** Nothing is in it. */
  empty() {
    if (!this.#shown) return;
    this.#selected = -1;
    if (this.boxes.length) this.#draw([], -1);
    this.finish("done");
  }

  /** @param {number} number of a box; -1 for none */
  select(number) {
    this.#selected = number;
    const box = this.boxes[number];
    if (box) this.#classes.turnTo(box[4]);
    this.#showBoxes();
  }

  /** The class of what is drawn, and of the box that is selected. @param {number} id */
  chooseClass(id) {
    this.#classes.turnTo(id);
    this.#hand.current(this.#classes.current);
    const box = this.boxes[this.#selected];
    if (box && box[4] !== id) {
      this.#draw(this.boxes.map((one, k) => (k === this.#selected ? [one[0], one[1], one[2], one[3], id] : one)), this.#selected);
      this.#hand.say(t("The selected box is '{name}' now; Esc lets go of it first.", { name: this.#classes.current?.name ?? "" }));
    }
    this.#parts.canvas.focus({ preventScroll: true });
  }

  /** @param {string} key whether a class has it */
  classKey(key) {
    const found = this.#classes.byKey(key);
    if (found) this.chooseClass(found.id);
    return found !== undefined;
  }

  /** A box in the middle of what is seen. */
  addByKey() {
    if (!this.#shown) return;
    if (!this.#classes.current) return this.#needClass();
    const { middle, width, height } = this.#board.view.seen();
    const [w, h] = [width / 4, height / 4];
    this.#draw([...this.boxes, [middle[0] - w / 2, middle[1] - h / 2, w, h, this.#classes.current.id]], this.boxes.length);
  }

  /** Move the selected box, or its lower right corner, a little. @param {number} across @param {number} down @param {boolean} isCorner @param {boolean} isFine */
  nudge(across, down, isCorner, isFine) {
    const box = this.boxes[this.#selected];
    if (!box) return;
    const by = isFine ? 1 : Math.max(1, Math.round(this.#board.view.seen().width / 120));
    const { size } = this.#board;
    const changed = isCorner ? resized(box, [1, 1], across * by, down * by, size) : moved(box, across * by, down * by, size);
    this.#draw(this.boxes.map((one, k) => (k === this.#selected ? changed : one)), this.#selected, "nudge");
  }

  /** Select the next box. @param {number} by @returns {boolean} whether there was one */
  cycle(by) {
    const next = this.#selected + by;
    if (next < 0 || next >= this.boxes.length) {
      this.select(-1);
      return false;
    }
    this.select(next);
    return true;
  }

  removeSelected() {
    if (!this.boxes[this.#selected]) return;
    this.#draw(this.boxes.filter((_, k) => k !== this.#selected), -1);
  }

  clear() {
    if (this.boxes.length) this.#draw([], -1);
  }

  undo() {
    this.#goTo(this.#steps.undo(this.#shown));
  }

  redo() {
    this.#goTo(this.#steps.redo(this.#shown));
  }

  /** Take the boxes of the picture before, those that are not there yet. */
  async copyBefore() {
    const { pictures } = this.#overview;
    const here = pictures.findIndex(({ name }) => name === this.#shown?.name);
    const before = pictures.slice(0, Math.max(here, 0)).reverse().find(({ boxes }) => boxes > 0);
    if (!before) return this.#hand.say(t("No picture before this one has boxes."));
    await this.#try(async () => this.#addAll((await this.#sets.boxes(this.#id, before.name)).boxes, before.name, false));
  }

  /** Have a model propose boxes in this picture. */
  async preLabel() {
    const [model, name] = [this.#parts.model.value, this.#shown?.name];
    if (!model || !name) return this.#hand.say(t("No model runs that finds boxes in pictures; start one in the list of models."));
    this.#hand.work(t("Looks for boxes."));
    await this.#try(async () => {
      const proposed = await this.#sets.propose(this.#id, name, model);
      await this.#look();
      if (this.#shown?.name === name) this.#addAll(proposed.boxes, model, true);
    });
    this.#hand.work("");
  }

  /** Have it propose in every picture that is to do; each waits to be looked at. */
  async preLabelAll() {
    const model = this.#parts.model.value;
    if (this.#preLabelling || !model) return void (this.#preLabelling = false);
    this.#preLabelling = true;
    const todo = this.#overview.pictures.filter(({ state }) => state === "todo");
    let done = 0;
    await this.#try(async () => {
      for (const [k, { name, version }] of todo.entries()) {
        if (!this.#preLabelling) return;
        this.#hand.work(t("Picture {n} of {total}", { n: k + 1, total: todo.length }), () => (this.#preLabelling = false));
        const { boxes } = await this.#sets.propose(this.#id, name, model);
        if (name === this.#shown?.name) this.#addAll(boxes, model, true);
        else if (boxes.length) this.#note(await this.#sets.put(this.#id, name, { version, state: "open", boxes }));
        done += 1;
      }
    });
    this.#preLabelling = false;
    this.#hand.say(t("{n} picture pre-labelled; it waits to be looked at. | {n} pictures pre-labelled; they wait to be looked at.", { n: done }));
    await this.#look();
  }

  zoom(/** @type {number} */ factor) {
    this.#board.zoom(factor);
  }

  fit() {
    this.#board.fit();
  }

  /** Give up what is being drawn, then the selection, then the window. */
  escape() {
    if (this.#parts.help.open) return this.#parts.help.close();
    if (this.#board.giveUp()) return;
    if (this.#selected >= 0) return this.select(-1);
    if (this.element.dataset.side === "open") return this.toggleSide();
  }

  toggleSide() {
    this.element.dataset.side = this.element.dataset.side === "open" ? "" : "open";
    this.#parts.more.setAttribute("aria-expanded", String(this.element.dataset.side === "open"));
  }

  help() {
    this.#parts.help.showModal();
  }

  /** @param {string} title */
  #compose(title) {
    const parts = this.#parts;
    parts.title.textContent = title;
    parts.model.append(...this.#models.map(({ name, title }) => h("option", { value: name }, title)));
    parts.model.hidden = this.#models.length < 2;
    parts.all.hidden = parts.pre.hidden = !this.#models.length;
    parts.side.append(this.#classes.element, parts.list);
    parts.help.append(KEYS_HELP(), h("form", { method: "dialog" }, h("button", { type: "submit", class: "primary" }, "Close")));
    const works = /** @type {[HTMLElement, () => any][]} */ ([
      [parts.back, () => this.close()],
      [parts.keys, () => this.help()],
      [parts.more, () => this.toggleSide()],
      [parts.undo, () => this.undo()],
      [parts.redo, () => this.redo()],
      [parts.copy, () => this.copyBefore()],
      [parts.pre, () => this.preLabel()],
      [parts.all, () => this.preLabelAll()],
      [parts.remove, () => this.removeSelected()],
      [parts.skip, () => this.finish("skipped")],
      [parts.finish, () => this.finish("done")],
      [parts.before, () => this.step(-1)],
      [parts.next, () => this.step(1)],
      [parts.mine, () => this.#keepMine()],
      [parts.theirs, () => this.#takeTheirs()],
      [parts.out, () => this.zoom(1 / 1.4)],
      [parts.whole, () => this.fit()],
      [parts.in, () => this.zoom(1.4)],
    ]);
    for (const [button, act] of works) button.addEventListener("click", act);
    parts.filter.addEventListener("change", () => this.#strip.only(parts.filter.value));
    parts.foot.append(this.#strip.element);
    this.element.append(parts.head, parts.stage, parts.side, parts.bar, parts.foot, parts.help);
  }

  #listen() {
    this.element.addEventListener("cancel", (event) => {
      event.preventDefault();
      this.escape();
    });
    this.element.addEventListener("close", () => this.close());
    this.element.addEventListener("keydown", (event) => keysOf(event, this, this.#parts.canvas));
    this.element.addEventListener("click", (event) => this.#giveKeys(event));
    const on = (/** @type {string} */ name, /** @type {(detail: any) => void} */ act) =>
      this.#keeper.addEventListener(name, (event) => act(/** @type {CustomEvent} */ (event).detail));
    on("kept", (shown) => this.#note(shown));
    on("away", () => this.#hand.saved("Not kept yet: the server does not answer. It stays in this tab."));
    on("refused", (words) => {
      this.#hand.trouble(words);
      if (this.#shown) this.turnTo(this.#shown.name);
    });
    on("conflict", (name) => name === this.#shown?.name && this.#hand.conflict(true));
  }

  /** A button that was pressed, or is gone by that, has the keys no more: they draw again. @param {MouseEvent} event */
  #giveKeys({ target, detail }) {
    const { list, bar, foot, canvas } = this.#parts;
    const button = /** @type {Element} */ (target).closest("button");
    const isTool = detail > 0 && button !== null && [list, bar, foot].some((part) => part.contains(button));
    const isGone = document.activeElement === document.body || document.activeElement === this.element;
    if (isTool || isGone) canvas.focus({ preventScroll: true });
  }

  /** @param {Shown} shown @param {HTMLImageElement} picture */
  #begin(shown, picture) {
    const waiting = this.#keeper.of(shown.name);
    this.#shown = { ...shown, ...(waiting ? { boxes: waiting.boxes, state: waiting.state } : {}) };
    this.#hand.conflict(Boolean(waiting && waiting.version !== shown.version));
    this.#selected = -1;
    this.#steps.turnTo(shown.name);
    this.#board.show(picture);
    this.#parts.name.textContent = shown.name;
    this.#parts.canvas.setAttribute("aria-label", t("{name}, {width} × {height} pixels. N draws a box, arrows move it, with Shift they change its size.", { name: shown.name, width: shown.width, height: shown.height }));
    this.#showBoxes();
    const { pictures } = this.#overview;
    const next = pictures[pictures.findIndex(({ name }) => name === shown.name) + 1];
    if (next) this.#pictures.get(next.name).catch(() => {});
  }

  /** Have these boxes, as one step of undo. @param {Box[]} boxes @param {number} selected @param {string} [kind] steps of one kind become one */
  #draw(boxes, selected, kind) {
    if (!this.#shown) return;
    this.#steps.add(this.#shown, kind);
    // What was marked as skipped is not any more once something is drawn.
    const state = this.#shown.state === "skipped" ? "open" : this.#shown.state;
    this.#put({ ...this.#shown, boxes, state });
    this.select(selected);
  }

  /** @param {Shown | null} shown */
  #goTo(shown) {
    if (!shown || !this.#shown) return;
    this.#put({ ...this.#shown, boxes: shown.boxes, state: shown.state });
    this.select(-1);
  }

  /** @param {Box[]} more @param {string} from a picture, or a model that proposed them @param {boolean} isModel */
  #addAll(more, from, isModel) {
    const added = unknown(this.boxes, more).filter((box) => this.#classes.of(box[4]));
    const fitting = added.map((box) => resized(moved(box, 0, 0, this.#board.size), [1, 1], 0, 0, this.#board.size));
    if (fitting.length) this.#draw([...this.boxes, ...fitting], -1);
    const n = fitting.length;
    if (isModel) this.#hand.say(n ? t("{n} box by {from}. | {n} boxes by {from}.", { n, from }) : t("Nothing new by {from}.", { from }));
    else this.#hand.say(n ? t("{n} box of {from}. | {n} boxes of {from}.", { n, from }) : t("Nothing new of {from}.", { from }));
  }

  /** @param {Shown} shown */
  #put(shown) {
    const before = this.#shown;
    for (const box of before?.boxes ?? []) this.#classes.count(box[4], -1);
    for (const box of shown.boxes) this.#classes.count(box[4], 1);
    this.#shown = shown;
    this.#hand.saved("Keeps it …");
    this.#keeper.put(shown.name, { version: shown.version, state: shown.state, boxes: shown.boxes });
    this.#tell(shown.name, shownState(shown.state, shown.boxes.length), shown.boxes.length);
    this.#showBoxes();
  }

  /** What the server has now. @param {Shown} shown */
  #note({ name, version, state, boxes }) {
    const listed = this.#overview.pictures.find((one) => one.name === name);
    if (listed) listed.version = version;
    if (this.#shown?.name === name) this.#shown.version = version;
    if (!this.#keeper.of(name)) this.#tell(name, shownState(state, boxes.length), boxes.length);
    if (!this.#keeper.isWaiting) this.#hand.saved("Kept");
  }

  /** @param {string} name @param {ShownState} state @param {number} boxes */
  #tell(name, state, boxes) {
    const listed = this.#overview.pictures.find((one) => one.name === name);
    if (listed) Object.assign(listed, { state, boxes });
    this.#strip.mark(name, state);
    this.#hand.progress(this.#overview.pictures);
  }

  /** @param {Overview} overview */
  #take(overview) {
    for (const one of overview.pictures) {
      const waiting = this.#keeper.of(one.name);
      if (waiting) one.state = shownState(waiting.state, waiting.boxes.length);
    }
    this.#overview = overview;
    this.#classes.show(overview);
    this.#strip.show(overview.pictures);
    if (this.#shown) this.#strip.turnTo(this.#shown.name);
    this.#hand.progress(overview.pictures);
    this.#hand.troubles(overview.troubles);
    this.#board.draw();
  }

  /** See what others changed. */
  async #look() {
    const opened = await this.#sets.open(this.#id, this.#mark).catch(() => null);
    if (!opened?.overview) return;
    this.#classes.show(opened.overview); // a proposal's may be new, also while boxes are on their way
    if (this.#keeper.isWaiting || this.#board.isBusy) return;
    this.#mark = opened.mark;
    this.#take(opened.overview);
    const now = this.#overview.pictures.find(({ name }) => name === this.#shown?.name);
    if (now && this.#shown && now.version > this.#shown.version) {
      const shown = await this.#sets.boxes(this.#id, now.name).catch(() => null);
      if (!shown || this.#keeper.isWaiting || this.#shown.name !== shown.name) return;
      this.#shown = shown;
      this.#selected = -1;
      this.#showBoxes();
      this.#hand.say("Changed in another window.");
    }
  }

  async #keepMine() {
    const name = this.#shown?.name;
    if (!name) return;
    await this.#try(async () => {
      const { version } = await this.#sets.boxes(this.#id, name);
      if (this.#shown) this.#shown.version = version;
      this.#keeper.insist(name, version);
      this.#hand.conflict(false);
    });
  }

  async #takeTheirs() {
    const name = this.#shown?.name;
    if (!name || !this.#shown) return;
    // Ours is a step back from theirs.
    this.#steps.add(this.#shown);
    this.#keeper.forget(name);
    this.#hand.conflict(false);
    await this.turnTo(name);
  }

  /** @param {BoxClass[]} classes */
  #changeClasses(classes) {
    this.#try(async () => {
      const overview = await this.#sets.putClasses(this.#id, this.#overview.version, classes).catch(async (error) => {
        this.#mark = "";
        await this.#look();
        throw error;
      });
      this.#take(overview);
      if (this.#shown) this.#begin(await this.#sets.boxes(this.#id, this.#shown.name), await this.#pictures.get(this.#shown.name));
    });
  }

  #needClass() {
    this.#hand.say("Name a class first: what is to be found?");
    if (this.element.dataset.side !== "open") this.toggleSide();
    this.#classes.ask();
  }

  #showBoxes() {
    this.#board.draw();
    this.#hand.boxes(this.boxes, this.#selected, (id) => this.#classes.of(id), (number) => this.select(number));
    this.#hand.current(this.#classes.current);
    this.#hand.can(this.#steps.canUndo, this.#steps.canRedo, this.#selected >= 0, this.boxes.length > 0, this.#shown?.state ?? "open");
  }

  /** @param {() => Promise<any>} work */
  async #try(work) {
    this.#hand.trouble("");
    try {
      await work();
    } catch (error) {
      this.#hand.trouble(sentence(error));
    }
  }
}
