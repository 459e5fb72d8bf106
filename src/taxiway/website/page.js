/** The page of an exported model: picture, faders, presets, map, walk, download. */

import { writeText } from "./png.js";
import { gaussian, nudge } from "./vectors.js";
import { zOfSeed } from "./engine/seed.js";

const { taxiway } = /** @type {any} */ (globalThis);
const find = (/** @type {string} */ id) => /** @type {any} */ (document.getElementById(id));
/** Radians of a step of the walk, for each second that a picture takes. */
const PACE = 0.35;
/** Pictures along each side of the map, and pixels of each. */
const [TILES, TILE] = [5, 96];
/** How far the map reaches to each side, in lengths of a typical step. */
const REACH = 1.2;

/** What the picture is made of. @type {any} */
let state = {};
/** What the picture that is there was made of. @type {any} */
let drawn = {};
/** What was there before. @type {any[]} */
const past = [];
/** @type {any} */
let about;
let [isBusy, isStale, isWalking] = [false, false, false];

/** Draw what is set now; while one is drawn, only the newest waits. */
async function redraw() {
  isStale = true;
  if (isBusy) return;
  isBusy = true;
  while (isStale) {
    isStale = false;
    const start = performance.now();
    try {
      const asked = state;
      const { engine } = await taxiway.draw(find("picture"), asked);
      drawn = asked;
      const seconds = (performance.now() - start) / 1000;
      say(`${seconds < 1 ? `${Math.round(1000 * seconds)} ms` : `${seconds.toFixed(1)} s`} a picture, by ${engine}`);
      if (isWalking) stroll(seconds);
    } catch (error) {
      say(/** @type {Error} */ (error).message, true);
      isWalking = false;
    }
    // Others want the page's thread, too.
    await new Promise((resolve) => requestAnimationFrame(resolve));
  }
  isBusy = false;
}

/** @param {string} text @param {boolean} [isError] */
function say(text, isError = false) {
  const status = find("status");
  status.textContent = text;
  status.classList.toggle("error", isError);
}

/** Go somewhere else, and remember where one was. @param {any} place z, seed or ws; truncation and label of its own */
function go(place) {
  past.push(state);
  find("back").disabled = false;
  const { z: _, seed: __, ws: ___, ...others } = state;
  state = { ...others, ...place };
  show();
  return redraw();
}

/** The next step of the walk. @param {number} seconds since the last one */
function stroll(seconds) {
  const z = Float32Array.from(place());
  nudge(z, PACE * Math.min(seconds, 1));
  const { seed: _, ws: __, ...others } = state;
  state = { ...others, z };
  show();
  isStale = true;
}

/** The z of what is shown; of what has none, another. */
const place = () => state.z ?? (state.ws ? anywhere() : zOfSeed(state.seed ?? about.first_seed, about.z_dim));
const anywhere = () => Float32Array.from({ length: about.z_dim }, () => gaussian());

/** What has to be set anew when the picture is made of something else. @type {(() => void)[]} */
const shows = [];
const show = () => shows.forEach((each) => each());

/** @param {string} name @param {number} min @param {number} max @param {number} now */
function fader(name, min, max, now) {
  const row = document.createElement("label");
  row.className = "control";
  row.innerHTML = "<span></span><input type=range step=0.01><output></output>";
  const [title, input, output] = /** @type {any[]} */ ([...row.children]);
  title.textContent = name.replaceAll("_", " ");
  Object.assign(input, { min, max, value: now, name });
  shows.push(() => {
    input.value = state[name] ?? now;
    output.textContent = Number(input.value).toFixed(2);
    // What is w already is not truncated again.
    input.disabled = name === "truncation" && state.ws !== undefined;
  });
  input.oninput = () => {
    state = { ...state, [name]: Number(input.value) };
    show();
    redraw();
  };
  row.ondblclick = () => {
    input.value = now;
    input.oninput();
  };
  return row;
}

function presets() {
  const strip = find("presets");
  strip.hidden = !about.presets.length;
  for (const { name, picture, given } of about.presets) {
    const button = document.createElement("button");
    const image = document.createElement("img");
    Object.assign(image, { src: picture, alt: name, loading: "lazy" });
    button.title = name;
    button.append(image);
    button.onclick = () => go(given);
    strip.append(button);
  }
}

function classes() {
  find("label-row").hidden = !about.c_dim;
  for (let label = 0; label < about.c_dim; label++) {
    find("label").append(new Option(about.classes?.[label] ?? String(label), String(label)));
  }
  find("label").onchange = () => {
    state = { ...state, label: Number(find("label").value) };
    redraw();
  };
  shows.push(() => (find("label").value = String(state.label ?? 0)));
}

/** A plane through latent space: its middle, and one step to the right and down. */
const map = {
  middle: /** @type {Float32Array} */ (new Float32Array()),
  right: new Float32Array(),
  down: new Float32Array(),
  number: 0,
  /** @param {number} x @param {number} y both -1 to 1 @returns {Float32Array} */
  at(x, y) {
    const length = (/** @type {Float32Array} */ v) => Math.hypot(...v);
    const z = this.middle.map((value, i) => value + REACH * (x * this.right[i] + y * this.down[i]));
    const scale = length(this.middle) / length(z); // all are as far out as the middle is
    return z.map((value) => value * scale);
  },
};

/** Another plane, whose pictures come as there is time. */
async function anotherMap() {
  const number = ++map.number;
  map.middle = Float32Array.from(place());
  [map.right, map.down] = [anywhere(), anywhere()];
  moveDot(0, 0);
  const canvas = find("pad").querySelector("canvas");
  Object.assign(canvas, { width: TILES * TILE, height: TILES * TILE });
  const small = document.createElement("canvas");
  const places = Array.from({ length: TILES * TILES }, (_, i) => [i % TILES, Math.floor(i / TILES)]);
  const far = (/** @type {number[]} */ [column, row]) => Math.hypot(column - (TILES - 1) / 2, row - (TILES - 1) / 2);
  for (const [column, row] of places.sort((a, b) => far(a) - far(b))) {
    while (isBusy || document.hidden) await new Promise((resolve) => setTimeout(resolve, 100));
    if (number !== map.number) return;
    const z = map.at((2 * column) / (TILES - 1) - 1, (2 * row) / (TILES - 1) - 1);
    await taxiway.draw(small, { z, truncation: state.truncation, label: state.label }).catch(() => {});
    if (number !== map.number) return;
    canvas.getContext("2d").drawImage(small, column * TILE, row * TILE, TILE, TILE);
  }
}

/** @param {number} x @param {number} y */
function moveDot(x, y) {
  Object.assign(find("pad").dataset, { x, y });
  const share = (/** @type {number} */ value) => `${50 + (50 * value * (TILES - 1)) / TILES}%`;
  Object.assign(find("pad").querySelector("i").style, { left: share(x), top: share(y) });
}

/** @param {number} x @param {number} y */
function moveTo(x, y) {
  [x, y] = [x, y].map((value) => Math.min(Math.max(value, -1), 1));
  moveDot(x, y);
  const { seed: _, ws: __, ...others } = state;
  state = { ...others, z: map.at(x, y) };
  show();
  redraw();
}

function pad() {
  const element = find("pad");
  element.onpointermove = (/** @type {PointerEvent} */ event) => {
    if (!event.buttons) return;
    const { left, top, width, height } = element.getBoundingClientRect();
    const place = (/** @type {number} */ at, /** @type {number} */ size) =>
      ((2 * at) / size - 1) * (TILES / (TILES - 1));
    moveTo(place(event.clientX - left, width), place(event.clientY - top, height));
  };
  element.onpointerdown = (/** @type {PointerEvent} */ event) => {
    past.push(state);
    find("back").disabled = false;
    element.setPointerCapture(event.pointerId);
    element.onpointermove(event);
  };
  const steps = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, -0.1], ArrowDown: [0, 0.1] };
  element.onkeydown = (/** @type {KeyboardEvent} */ event) => {
    const step = steps[/** @type {keyof typeof steps} */ (event.key)];
    if (!step) return;
    event.preventDefault();
    moveTo(Number(element.dataset.x) + step[0], Number(element.dataset.y) + step[1]);
  };
}

/** What is shown was made of, under the names that `/query` takes. */
function made() {
  const { ws, z: _, ...others } = drawn;
  if (!ws) return { ...others, z: Array.from(drawn.z ?? zOfSeed(drawn.seed, about.z_dim)) };
  const rows = Array.from({ length: about.num_ws }, (_, row) => row * about.w_dim);
  return { ...others, w: rows.map((row) => Array.from(ws.subarray(row, row + about.w_dim))) };
}

/** The picture as a PNG that says what it was made of. */
async function save() {
  const text = JSON.stringify({ model: about.card.name, ...made() });
  const blob = await new Promise((resolve) => find("picture").toBlob(resolve));
  const png = writeText(new Uint8Array(await blob.arrayBuffer()), text);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([/** @type {any} */ (png)], { type: "image/png" }));
  link.download = `${about.card.name}.png`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

async function measure() {
  find("measure").disabled = true;
  find("measured").textContent = "Measuring, a few seconds …";
  find("measured").textContent = await taxiway.measure().then(told, (/** @type {Error} */ { message }) => message);
  find("measure").disabled = false;
}

/** @param {{ engines: { name: string, seconds: number }[], levels: number }} measured */
function told({ engines, levels }) {
  const each = engines.map(({ name, seconds }) => `${name}: ${(1 / seconds).toPrecision(2)} pictures a second`);
  const agree = engines.length > 1 ? ` They differ by at most ${levels} of 255 levels.` : "";
  return `${each.join("; ")}.${agree}`;
}

function card() {
  for (const [name, text] of Object.entries(about.card)) {
    if (typeof text !== "string" || !text || ["name", "title", "summary"].includes(name)) continue;
    const [term, value] = [document.createElement("dt"), document.createElement("dd")];
    [term.textContent, value.textContent] = [name, text];
    find("card").append(term, value);
  }
  const tag = `<script src="${taxiway.base}taxiway.js"></` + "script>";
  find("snippet").textContent = tag;
  find("calls").textContent =
    `${tag}\n\nawait taxiway.load();\nconst { pixels, width, height } = await taxiway.picture({ z });\n` +
    `await taxiway.draw(canvas, { seed: ${about.first_seed}, truncation: 0.8 });`;
}

async function open() {
  find("picture").style.backgroundImage = "url(picture.jpg)";
  const progress = (/** @type {number} */ done) => (find("loading").value = done);
  ({ about } = await taxiway.load({ progress }));
  find("loading").hidden = true;
  state = { seed: about.first_seed, truncation: 0.8 };
  if (about.centre) find("faders").append(fader("truncation", 0, 1.2, 0.8));
  for (const { name } of about.directions) find("faders").append(fader(name, -3, 3, 0));
  classes();
  presets();
  card();
  pad();
  show();
  for (const id of ["new", "walk", "save", "elsewhere", "measure"]) find(id).disabled = false;
  find("new").onclick = () => go({ z: anywhere() });
  find("back").onclick = () => {
    state = past.pop() ?? state;
    find("back").disabled = !past.length;
    show();
    redraw();
  };
  find("walk").onclick = () => {
    isWalking = !isWalking;
    find("walk").setAttribute("aria-pressed", String(isWalking));
    if (isWalking) redraw();
  };
  find("save").onclick = save;
  find("elsewhere").onclick = anotherMap;
  find("measure").onclick = measure;
  await redraw();
  await anotherMap();
}

if ("serviceWorker" in navigator) navigator.serviceWorker.register("sw.js").catch(() => {});
open().catch((error) => say(error.message, true));
