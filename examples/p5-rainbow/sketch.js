const ADDRESS = "http://localhost:8000"; // where the terminal says Taxiway is
let z; // 512 numbers: where we are among all possible rainbows
let asked; // the place we last asked about
let waiting, walking;

function setup() {
  createCanvas(512, 512);
  createButton("A new rainbow").mousePressed(jump);
  walking = createCheckbox("Go for a walk");
  jump();
}

// Anywhere will do, as long as the numbers are normally distributed.
function jump() {
  z = Array.from({ length: 512 }, () => randomGaussian());
}

// One question at a time: a slow model makes for a slow walk, never for a late one.
function draw() {
  if (waiting) return;
  if (walking.checked()) z = z.map((number) => 0.995 * number + 0.1 * randomGaussian());
  if (z === asked) return;
  [asked, waiting] = [z, true];
  httpPost(`${ADDRESS}/query`, "json", { z, truncation: 0.8 }, show, complain);
}

function show(result) {
  loadImage(result.image, (picture) => {
    image(picture, 0, 0, width, height);
    waiting = false;
  });
}

function complain() {
  background(255);
  text(`No picture came. Is Taxiway running at ${ADDRESS}?`, 20, 30);
  walking.checked(false);
  waiting = false;
}
