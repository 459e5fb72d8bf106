// As the sketches with a CycleGAN did it: the camera's frame is drawn and sent, and the answer, once
// it is drawn, brings the next frame.
let socket;
let video;
let canvas;
const sums = [];
let sent;

function setup() {
  canvas = createCanvas(320, 240);
  video = createCapture(VIDEO, start);
  video.size(320, 240);
  video.hide();
}

function start() {
  socket = io.connect("http://localhost:3000");
  socket.on("connect", sendFrame);
  socket.on("data", (data) => loadImage(data.image, gotPicture));
}

function sendFrame() {
  image(video, 0, 0, width, height);
  sent = meanGreen();
  socket.emit("query", { image: canvas.elt.toDataURL("image/jpeg") });
}

function gotPicture(picture) {
  image(picture, 0, 0, width, height);
  sums.push(sent + meanGreen());
  sendFrame();
}

function meanGreen() {
  loadPixels();
  let sum = 0;
  for (let i = 1; i < pixels.length; i += 4) sum += pixels[i];
  return (4 * sum) / pixels.length;
}
