// Node's osc package talks to a server as a Processing or Max sketch would: node osc_client.js
// PORT REPLY_PORT LINES, where each line is an address, or an address and its one string. After
// each line that expects an answer it waits for one; what it heard is told as JSON.
const osc = require("osc");
const [port, replyPort, lines] = process.argv.slice(2);
const heard = [];
let expecting = JSON.parse(lines);

const udp = new osc.UDPPort({
  localAddress: "127.0.0.1",
  localPort: Number(replyPort),
  remoteAddress: "127.0.0.1",
  remotePort: Number(port),
});

function next() {
  if (expecting.length === 0) {
    udp.send({ address: "/server/disconnect" });
    console.log(JSON.stringify(heard));
    process.exit(0);
  }
  const [address, text] = expecting.shift();
  udp.send({ address, args: text === undefined ? [] : [{ type: "s", value: text }] });
}

udp.on("message", ({ address, args }) => {
  heard.push([address, ...args]);
  next();
});
udp.on("ready", next);
udp.on("error", (error) => {
  console.error(error);
  process.exit(1);
});
udp.open();
