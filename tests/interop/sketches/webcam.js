// As the webcam sketches did it: a frame of the camera goes out when the answer to the last came.
// The camera is a canvas here, each frame a little brighter red than the last.
const FRAMES = 20;
const camera = Object.assign(document.createElement("canvas"), { width: 320, height: 240 });
const answers = [];
const errors = [];
let info;

const socket = io("http://localhost:3000");
socket.on("connect", sendFrame);
socket.on("info", (told) => (info = told));
socket.on("error", (error) => errors.push(error));
socket.on("data", (data) => {
  const picture = document.createElement("img");
  picture.onload = () => {
    answers.push(redOf(picture));
    if (answers.length < FRAMES) sendFrame();
  };
  picture.src = data.image;
});

function sendFrame() {
  const pen = camera.getContext("2d");
  pen.fillStyle = `rgb(${12 * answers.length}, 0, 0)`;
  pen.fillRect(0, 0, camera.width, camera.height);
  socket.emit("query", { image: camera.toDataURL("image/jpeg", 0.8) });
}

function redOf(picture) {
  const pen = document.createElement("canvas").getContext("2d");
  pen.drawImage(picture, 0, 0);
  return pen.getImageData(10, 10, 1, 1).data[0];
}
