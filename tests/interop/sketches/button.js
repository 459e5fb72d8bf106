// As hundreds of sketches of 2019 did it: a button, a question, and an <img> of what comes.
function setup() {
  noCanvas();
  createButton("generate").mousePressed(generate);
}

function generate() {
  const z = [];
  for (let i = 0; i < 512; i++) z.push(random(-1, 1));
  const inputs = { z: z, truncation: 0.8 };
  httpPost("http://localhost:8000/query", "json", inputs, gotImage, gotError);
}

function gotImage(result) {
  createImg(result.image);
}

function gotError(error) {
  createP("error: " + error);
}
