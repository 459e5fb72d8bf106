// As Processing's library and some sketches do it: /error and /data at every frame, without waiting
// for what the last frame asked.
let heard = 0;
let failed = 0;
let shown = "";

function setup() {
  noCanvas();
}

function draw() {
  httpGet("http://localhost:8000/error", "json", gotError, gotFailure);
  httpGet("http://localhost:8000/data", "json", gotData, gotFailure);
}

function gotError(answer) {
  heard++;
  if (answer.error) failed++;
}

function gotData(answer) {
  heard++;
  shown = answer.image || "";
}

function gotFailure() {
  failed++;
}
