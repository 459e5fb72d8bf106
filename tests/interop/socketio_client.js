// One old client from npm talks to a server as a sketch would, and tells what it saw as JSON.
// node socketio_client.js PACKAGE TRANSPORTS URL [SECONDS], where TRANSPORTS is polling, websocket or
// both; with SECONDS it only stays for so long and then asks once.
const [name, transports, url, seconds] = process.argv.slice(2);
const required = require(name);
const connect = required.io || required;
const options = { forceNew: true, reconnection: false };
if (transports !== "both") options.transports = [transports];

const open = () => connect(url, options);
const once = (socket, event) => new Promise((resolve) => socket.once(event, resolve));
const within = (promise, seconds, what) =>
  Promise.race([
    promise,
    new Promise((_, reject) => setTimeout(() => reject(new Error(`no ${what}`)), seconds * 1000)),
  ]);

async function ask(socket, inputs, event = "data") {
  const answer = within(once(socket, event), 20, event);
  socket.emit("query", inputs);
  return answer;
}

async function untilUpgraded(socket) {
  const engine = socket.io.engine;
  if (transports !== "both" || engine.transport.name === "websocket") return;
  await within(new Promise((resolve) => engine.once("upgrade", resolve)), 20, "upgrade");
}

async function main() {
  const seen = { infos: 0 };
  const socket = open();
  socket.on("info", () => seen.infos++);
  for (const event of ["connect_error", "disconnect"])
    socket.on(event, (reason) => (seen.trouble = `${event}: ${reason && (reason.message || reason)}`));
  seen.info = await within(once(socket, "info"), 20, "info");
  seen.first = await ask(socket, { text: "at once" });
  await untilUpgraded(socket);
  seen.transport = socket.io.engine.transport.name;

  if (seconds) {
    await new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
    seen.late = await ask(socket, { text: "still here" });
    return seen;
  }

  const text = "héllo wörld ☂ 😀";
  seen.text = (await ask(socket, { text })).text === text;
  const big = "0123456789".repeat(32000);
  seen.big = (await ask(socket, { text: big })).text === big;
  seen.error = await ask(socket, { text: 7 }, "error");
  seen.ack = await within(
    new Promise((resolve) => socket.emit("query", { text: "ack" }, resolve)), 20, "ack");

  const other = open();
  await within(once(other, "info"), 20, "second info");
  const overheard = within(once(other, "data"), 20, "broadcast");
  await ask(socket, { text: "for all" });
  seen.overheard = await overheard;
  other.close();

  const answers = [];
  const twenty = new Promise((resolve) =>
    socket.on("data", (data) => answers.push(data.text) === 20 && resolve()));
  for (let i = 0; i < 20; i++) socket.emit("query", { text: `${i}` });
  await within(twenty, 20, "twenty answers");
  seen.twenty = answers;
  return seen;
}

main().then(
  (seen) => {
    console.log(JSON.stringify(seen));
    process.exit(0);
  },
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
