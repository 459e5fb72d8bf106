/** The canvas: a picture with its boxes, drawn, moved and resized by mouse, pen, fingers or keys. */

import { between, handleAt, HANDLES, handleHit, isIn, isOnLine, moved, resized, smallest } from "./boxes.js";
import { View } from "./view.js";

/** @import { Box, BoxClass } from "./sets.js" */
/** @import { Handle, Point } from "./boxes.js" */

/** In pixels of the page, by what points. */
const REACH = { mouse: 7, pen: 12, touch: 22 };
const STILL = { mouse: 3, pen: 6, touch: 9 };
const CURSORS = /** @type {Record<string, string>} */ ({
  "-1,-1": "nwse-resize", "1,1": "nwse-resize", "1,-1": "nesw-resize", "-1,1": "nesw-resize",
  "0,-1": "ns-resize", "0,1": "ns-resize", "-1,0": "ew-resize", "1,0": "ew-resize",
});

/**
 * @typedef {{ kind: "draw" | "move" | "resize" | "pan" | "wait", from: Point, at: Point, box?: Box,
 *   handle?: Handle, isFar: boolean, id: number }} Gesture
 * @typedef {object} Owner what a board asks and tells
 * @property {() => Box[]} boxes
 * @property {() => number} selected
 * @property {() => BoxClass | undefined} current the class of what is drawn
 * @property {(id: number) => BoxClass | undefined} classOf
 * @property {(number: number) => void} select
 * @property {(box: Box) => void} add
 * @property {(number: number, box: Box) => void} change
 * @property {() => void} needClass
 */

export class Board {
  view = new View();
  #canvas;
  #context;
  #owner;
  /** @type {HTMLImageElement | null} */
  #picture = null;
  /** @type {Gesture | null} */
  #gesture = null;
  /** @type {Map<number, Point>} */
  #fingers = new Map();
  /** @type {Point | null} */
  #pointer = null;
  #isAsked = false;

  /** @param {HTMLCanvasElement} canvas @param {Owner} owner */
  constructor(canvas, owner) {
    this.#canvas = canvas;
    this.#context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    this.#owner = owner;
    new ResizeObserver(() => this.#fill()).observe(canvas);
    canvas.addEventListener("pointerdown", (event) => this.#down(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    canvas.addEventListener("pointerup", (event) => this.#up(event));
    canvas.addEventListener("pointercancel", (event) => this.#drop(event.pointerId));
    canvas.addEventListener("pointerleave", () => ((this.#pointer = null), this.draw()));
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
    canvas.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
  }

  get size() {
    const { naturalWidth = 1, naturalHeight = 1 } = this.#picture ?? {};
    return { width: naturalWidth, height: naturalHeight };
  }

  /** Whether a hand is at work. */
  get isBusy() {
    return this.#gesture !== null && this.#gesture.kind !== "pan";
  }

  /** @param {HTMLImageElement | null} picture */
  show(picture) {
    this.#gesture = null;
    this.#picture = picture;
    this.view.show(this.size);
    this.draw();
  }

  /** @param {number} factor @param {Point} [at] */
  zoom(factor, at) {
    this.view.zoom(factor, at);
    this.draw();
  }

  fit() {
    this.view.fit();
    this.draw();
  }

  /** Give up what is being drawn. Whether there was something. */
  giveUp() {
    const was = this.#gesture !== null;
    this.#gesture = null;
    this.draw();
    return was;
  }

  /** Draw in the next frame. */
  draw() {
    if (this.#isAsked) return;
    this.#isAsked = true;
    requestAnimationFrame(() => {
      this.#isAsked = false;
      this.#paint();
    });
  }

  #fill() {
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    if (!width || !height) return;
    this.#canvas.width = Math.round(width * devicePixelRatio);
    this.#canvas.height = Math.round(height * devicePixelRatio);
    this.view.room({ width, height });
    this.#paint();
  }

  /** @param {PointerEvent | WheelEvent} event @returns {Point} */
  #at(event) {
    const { left, top } = this.#canvas.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  }

  /** @param {PointerEvent} event @param {typeof REACH} table */
  #by(event, table) {
    return table[/** @type {keyof typeof REACH} */ (event.pointerType)] ?? table.mouse;
  }

  /** @param {PointerEvent} event */
  #down(event) {
    if (!this.#picture) return;
    const at = this.#at(event);
    this.#canvas.setPointerCapture(event.pointerId);
    this.#canvas.focus({ preventScroll: true });
    if (event.pointerType === "touch") {
      this.#fingers.set(event.pointerId, at);
      if (this.#fingers.size > 1) {
        this.#gesture = { kind: "wait", from: at, at, isFar: false, id: event.pointerId };
        return this.draw();
      }
    }
    const from = this.view.inPicture(at);
    const gesture = event.button > 0 ? { kind: /** @type {"pan"} */ ("pan") } : this.#meant(from, event);
    this.#gesture = { ...gesture, from, at, isFar: false, id: event.pointerId };
  }

  /** What a press at a point begins. @param {Point} from @param {PointerEvent} event */
  #meant(from, event) {
    const [boxes, selected] = [this.#owner.boxes(), this.#owner.selected()];
    const reach = this.#by(event, REACH) / this.view.scale;
    if (event.altKey) return { kind: /** @type {"draw"} */ ("draw") };
    const box = boxes[selected];
    const handle = box && handleHit(box, from, reach);
    if (handle) return { kind: /** @type {"resize"} */ ("resize"), box, handle };
    if (box && isIn(box, from)) return { kind: /** @type {"move"} */ ("move"), box };
    const line = smallest(boxes, (one) => isOnLine(one, from, reach / 2));
    if (line < 0) return { kind: /** @type {"draw"} */ ("draw") };
    this.#owner.select(line);
    return { kind: /** @type {"move"} */ ("move"), box: boxes[line] };
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const at = this.#at(event);
    this.#pointer = event.pointerType === "touch" ? null : at;
    if (this.#fingers.has(event.pointerId) && this.#fingers.size > 1) this.#pinch(event.pointerId, at);
    const gesture = this.#gesture;
    if (!gesture || gesture.id !== event.pointerId || gesture.kind === "wait") {
      this.#canvas.style.cursor = this.#cursor(this.view.inPicture(at));
      return this.draw();
    }
    if (gesture.kind === "pan") this.view.pan(at[0] - gesture.at[0], at[1] - gesture.at[1]);
    const start = this.#onPage(gesture.from);
    const far = Math.hypot(at[0] - start[0], at[1] - start[1]);
    if (gesture.kind === "pan" || far > this.#by(event, STILL)) gesture.isFar = true;
    gesture.at = at;
    if (gesture.kind === "draw" && gesture.isFar && !this.#owner.current()) {
      this.#gesture = null;
      this.#owner.needClass();
    }
    this.draw();
  }

  /** Two fingers move the picture and zoom it. @param {number} id @param {Point} at */
  #pinch(id, at) {
    const [a, b] = [...this.#fingers.keys()];
    const before = [a, b].map((one) => /** @type {Point} */ (this.#fingers.get(one)));
    this.#fingers.set(id, at);
    const after = [a, b].map((one) => /** @type {Point} */ (this.#fingers.get(one)));
    const middle = (/** @type {Point[]} */ [p, q]) => /** @type {Point} */ ([(p[0] + q[0]) / 2, (p[1] + q[1]) / 2]);
    const apart = (/** @type {Point[]} */ [p, q]) => Math.hypot(p[0] - q[0], p[1] - q[1]) || 1;
    const [from, to] = [middle(before), middle(after)];
    this.view.zoom(apart(after) / apart(before), from);
    this.view.pan(to[0] - from[0], to[1] - from[1]);
  }

  /** @param {PointerEvent} event */
  #up(event) {
    const gesture = this.#gesture;
    const isOurs = gesture?.id === event.pointerId && gesture.kind !== "wait";
    if (isOurs && gesture) {
      const [boxes, owner] = [this.#owner.boxes(), this.#owner];
      const made = this.#made();
      if (!gesture.isFar && event.button === 0) {
        owner.select(smallest(boxes, (box) => isIn(box, gesture.from)));
      } else if (gesture.kind === "draw" && made && made[2] >= 1 && made[3] >= 1) owner.add(made);
      else if (gesture.box && made) owner.change(owner.selected(), made);
    }
    this.#drop(event.pointerId);
  }

  /** @param {number} id of a pointer */
  #drop(id) {
    this.#fingers.delete(id);
    if (this.#gesture?.id === id || this.#fingers.size === 0) this.#gesture = null;
    this.draw();
  }

  /** The box as the hand at work has it. @returns {Box | null} */
  #made() {
    const gesture = this.#gesture;
    if (!gesture?.isFar) return gesture?.box ?? null;
    const to = this.view.inPicture(gesture.at);
    const [dx, dy] = [to[0] - gesture.from[0], to[1] - gesture.from[1]];
    const { box, handle } = gesture;
    if (gesture.kind === "draw") return between(gesture.from, to, this.size, this.#owner.current()?.id ?? 0);
    if (gesture.kind === "move" && box) return moved(box, dx, dy, this.size);
    return box && handle ? resized(box, handle, dx, dy, this.size) : null;
  }

  /** @param {WheelEvent} event */
  #wheel(event) {
    event.preventDefault();
    const lines = event.deltaMode === 1 ? 24 : 1;
    this.zoom(Math.exp(-event.deltaY * lines * (event.ctrlKey ? 0.01 : 0.0022)), this.#at(event));
  }

  /** @param {Point} point @returns {Point} */
  #onPage([x, y]) {
    return [x * this.view.scale + this.view.x, y * this.view.scale + this.view.y];
  }

  /** @param {Point} at */
  #cursor(at) {
    const box = this.#owner.boxes()[this.#owner.selected()];
    const handle = box && handleHit(box, at, REACH.mouse / this.view.scale);
    if (handle) return CURSORS[String(handle)];
    return box && isIn(box, at) ? "move" : "crosshair";
  }

  #paint() {
    const context = this.#context;
    const { width, height } = this.#canvas;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, width, height);
    if (!this.#picture) return;
    const { scale, x, y } = this.view;
    const dots = devicePixelRatio;
    context.setTransform(scale * dots, 0, 0, scale * dots, x * dots, y * dots);
    context.imageSmoothingEnabled = scale < 3;
    context.imageSmoothingQuality = "high";
    context.drawImage(this.#picture, 0, 0);
    context.setTransform(dots, 0, 0, dots, 0, 0);
    const selected = this.#owner.selected();
    const made = this.#gesture?.kind === "pan" ? null : this.#made();
    const boxes = this.#owner.boxes();
    boxes.forEach((box, k) => k === selected || this.#paintBox(box, false));
    if (this.#gesture?.kind === "draw") {
      if (boxes[selected]) this.#paintBox(boxes[selected], false);
      if (made && this.#gesture.isFar) this.#paintBox(made, true);
    } else if (boxes[selected]) this.#paintBox(this.#gesture?.box && made ? made : boxes[selected], true);
    if (this.#pointer && !this.#gesture) this.#paintCross(this.#pointer);
  }

  /** @param {Box} box @param {boolean} isChosen */
  #paintBox(box, isChosen) {
    const context = this.#context;
    const { name = "?", colour = "#ffffff" } = this.#owner.classOf(box[4]) ?? {};
    const [left, top] = this.#onPage([box[0], box[1]]);
    const [width, height] = [box[2] * this.view.scale, box[3] * this.view.scale];
    context.fillStyle = `${colour}${isChosen ? "30" : "14"}`;
    context.fillRect(left, top, width, height);
    context.strokeStyle = "rgb(0 0 0 / 65%)";
    context.lineWidth = isChosen ? 4.5 : 3.5;
    context.strokeRect(left, top, width, height);
    context.strokeStyle = colour;
    context.lineWidth = isChosen ? 2.5 : 1.5;
    context.strokeRect(left, top, width, height);
    this.#paintName(name, colour, left, top, width, isChosen);
    if (isChosen) for (const handle of HANDLES) this.#paintHandle(handleAt(box, handle), colour, width, height, handle);
  }

  /** @param {string} name @param {string} colour @param {number} left @param {number} top @param {number} width @param {boolean} isChosen */
  #paintName(name, colour, left, top, width, isChosen) {
    const context = this.#context;
    context.font = "600 12px system-ui, sans-serif";
    const room = context.measureText(name).width + 10;
    if (!isChosen && room > width) return;
    const y = top >= 18 ? top - 18 : top;
    context.fillStyle = colour;
    context.fillRect(left - 1, y, room, 18);
    context.fillStyle = isLight(colour) ? "#101010" : "#ffffff";
    context.textBaseline = "middle";
    context.fillText(name, left + 4, y + 9.5);
  }

  /** @param {Point} at @param {string} colour @param {number} width @param {number} height @param {Handle} handle */
  #paintHandle(at, colour, width, height, handle) {
    // Those in the middles of sides only where they do not touch the others.
    if ((handle[0] === 0 && width < 36) || (handle[1] === 0 && height < 36)) return;
    const [x, y] = this.#onPage(at);
    this.#context.fillStyle = "#ffffff";
    this.#context.fillRect(x - 4, y - 4, 8, 8);
    this.#context.strokeStyle = colour;
    this.#context.lineWidth = 1.5;
    this.#context.strokeRect(x - 4, y - 4, 8, 8);
  }

  /** Lines by which one sees where a box will begin. @param {Point} at */
  #paintCross([x, y]) {
    if (this.#canvas.style.cursor !== "crosshair") return;
    const context = this.#context;
    const { width, height } = this.#canvas;
    for (const [colour, shift] of [["rgb(0 0 0 / 35%)", 1], ["rgb(255 255 255 / 60%)", 0]]) {
      context.fillStyle = String(colour);
      context.fillRect(0, Math.round(y) + Number(shift), width, 1);
      context.fillRect(Math.round(x) + Number(shift), 0, 1, height);
    }
  }
}

/** Whether dark letters are read on a colour. @param {string} colour as #rrggbb */
export function isLight(colour) {
  const [red, green, blue] = [1, 3, 5].map((k) => parseInt(colour.slice(k, k + 2), 16));
  return 0.299 * red + 0.587 * green + 0.114 * blue > 140;
}
