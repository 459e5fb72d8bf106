const ADDRESS = "http://localhost:8000"; // where the terminal says Taxiway is
const [SIDE, DESK, REACH] = [512, 160, 3]; // pixels of picture and desk; how far a fader goes
let faders, picture, problem, isNew, isWaiting;

function setup() {
  createCanvas(SIDE, SIDE + DESK);
  const button = (name, value) => createButton(name).mousePressed(() => put(value));
  button("Random", () => randomGaussian());
  button("Zero", () => 0);
  button("Hills", (k) => 8 * noise(k / 30, frameCount) - 4);
  put(() => randomGaussian());
}

function put(value) {
  [faders, isNew] = [Array.from({ length: 512 }, (_, k) => value(k)), true];
}

function draw() {
  background(18).stroke(120, 190, 240);
  if (picture) image(picture, 0, 0, SIDE, SIDE);
  faders.forEach((value, k) => line(k, SIDE + DESK / 2, k, SIDE + (DESK / 2) * (1 - value / REACH)));
  if (problem) text(problem, 20, 30);
  if (!isNew || isWaiting) return; // one question at a time, and then the newest
  [isNew, isWaiting] = [false, true];
  const complain = () => ([problem, isWaiting] = [`No picture came. Is Taxiway at ${ADDRESS}?`, false]);
  const show = (came) => ([picture, problem, isWaiting] = [came, "", false]);
  const take = (answer) => loadImage(answer.image, show, complain);
  httpPost(`${ADDRESS}/query`, "json", { z: faders, truncation: 0.8 }, take, complain);
}

function mouseDragged() {
  if (min(mouseY, pmouseY) < SIDE) return;
  const [from, to] = [floor(min(pmouseX, mouseX)), floor(max(pmouseX, mouseX))];
  const height = (k) => (from === to ? mouseY : map(k, pmouseX, mouseX, pmouseY, mouseY, true));
  const at = (k) => map(height(k), SIDE, SIDE + DESK, REACH, -REACH, true);
  const now = faders; // every fader on the way moves, whichever way one draws
  put((k) => (k >= from && k <= to ? at(k) : now[k]));
}
