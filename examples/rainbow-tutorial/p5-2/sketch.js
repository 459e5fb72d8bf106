const ADDRESS = "http://localhost:8000"; // where the terminal says Taxiway is

function setup() {
  createCanvas(512, 512);
  background(225);
  createButton("A rainbow, please").mousePressed(ask);
}

async function ask() {
  // The question: 512 numbers, which are a place among all rainbows, and how daring to be (0 to 1).
  const z = Array.from({ length: 512 }, () => randomGaussian());
  try {
    // The answer: an object whose `image` is a picture, written as text.
    const answer = await httpPost(`${ADDRESS}/query`, { z, truncation: 0.8 }, "json");
    image(await loadImage(answer.image), 0, 0, width, height);
  } catch {
    background(225);
    text(`No picture came. Is Taxiway running at ${ADDRESS}?`, 20, 30);
  }
}
