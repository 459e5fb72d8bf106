const ADDRESS = "http://localhost:8000"; // where the terminal says Taxiway is
const COUNTDOWN = Number(new URLSearchParams(location.search).get("countdown") ?? 3); // seconds
const [start, print] = document.querySelectorAll("button");
const [video, count, said] = ["video", "#count", "output"].map((each) => document.querySelector(each));
const strips = [...document.querySelectorAll("article")].map((strip) => strip.querySelectorAll("img"));
const seconds = (time) => new Promise((resolve) => setTimeout(resolve, 1000 * time));

async function ask(path, body) {
  const answer = await fetch(`${ADDRESS}${path}`, body && { method: "POST", body: JSON.stringify(body) });
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.error);
  return told;
}

/** What the model calls the picture that it takes, and the one that it gives. */
async function names() {
  const { inputs, outputs } = await ask("/info");
  const found = [inputs, outputs].map((fields) => fields.find(({ type }) => type === "image")?.name);
  if (found.every(Boolean)) return found;
  throw new Error("This model does not make a picture of a picture. Try: taxiway run lineart");
}

/** The camera's picture as one sees oneself, 4 by 3. */
function taken() {
  const canvas = Object.assign(document.createElement("canvas"), { width: 640, height: 480 });
  const context = canvas.getContext("2d");
  context.scale(-1, 1);
  context.drawImage(video, -640, 0, 640, 480);
  return canvas.toDataURL("image/jpeg", 0.92);
}

async function countDown() {
  for (let left = COUNTDOWN; left > 0; left--) {
    count.textContent = left;
    await seconds(1);
  }
  count.textContent = "";
}

async function session() {
  const [given, made] = await names();
  const shots = [];
  for (let number = 0; number < 4; number++) {
    said.value = `Picture ${number + 1} of 4`;
    await countDown();
    // The model works on one picture while people get ready for the next.
    shots.push(ask("/query", { [given]: taken() }));
  }
  said.value = "One moment …";
  const pictures = await Promise.all(shots);
  for (const strip of strips) strip.forEach((image, k) => (image.src = pictures[k][made]));
  const day = new Date().toLocaleDateString(undefined, { dateStyle: "long" });
  for (const footer of document.querySelectorAll("footer")) footer.textContent = day;
  await Promise.all([...strips.flatMap((strip) => [...strip])].map((image) => image.decode()));
  said.value = "Done. Nothing was kept: print it, or take others.";
  print.disabled = false;
}

const complain = (error) => (said.value = error.message);
start.onclick = async () => {
  start.disabled = print.disabled = true;
  await session().catch(complain);
  start.disabled = false;
};
print.onclick = () => window.print();
try {
  video.srcObject = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 480 } });
  await video.play();
} catch {
  complain(new Error("The browser has no camera, or was not allowed it."));
}
