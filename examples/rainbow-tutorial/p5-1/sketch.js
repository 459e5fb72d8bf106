const ADDRESS = "http://localhost:8000"; // where the terminal says Taxiway is

function setup() {
  createCanvas(512, 512);
  background(225);
  createButton("A rainbow, please").mousePressed(ask);
}

// The question: 512 numbers, which are a place among all rainbows, and how daring to be (0 to 1).
function ask() {
  const z = Array.from({ length: 512 }, () => randomGaussian());
  httpPost(`${ADDRESS}/query`, "json", { z, truncation: 0.8 }, show, complain);
}

// The answer: an object whose `image` is a picture, written as text.
function show(answer) {
  loadImage(answer.image, (picture) => image(picture, 0, 0, width, height));
}

function complain() {
  background(225);
  text(`No picture came. Is Taxiway running at ${ADDRESS}?`, 20, 30);
}
