// A program that uses the hub as Runway's plug-in for Unity does, written from what is known of it:
// node unity_client.js PORT MODEL. It waits for the hub, starts a model, asks it and stops it, and
// tells what it saw as JSON. node's http, like Unity, sends no Origin.
const http = require("http");
const [port, wanted] = process.argv.slice(2);
const hub = `http://localhost:${port}/v1`;

function call(method, url, body) {
  return new Promise((resolve, reject) => {
    const headers = body ? { "Content-Type": "application/json" } : {};
    const request = http.request(url, { method, headers }, (answer) => {
      let text = "";
      answer.on("data", (part) => (text += part));
      answer.on("end", () => resolve({ status: answer.statusCode, ...JSON.parse(text) }));
    });
    request.on("error", reject);
    request.end(body && JSON.stringify(body));
  });
}

async function untilItRuns(id) {
  for (;;) {
    const { modelSessions } = await call("GET", `${hub}/model_sessions`);
    const session = modelSessions.find((one) => one.id === id);
    if (session.runningStatus !== "STARTING") return session;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function main() {
  const health = await call("GET", `${hub}/healthcheck`);
  const { models } = await call("GET", `${hub}/models`);
  const model = models.find((one) => one.name === wanted);
  const started = await call("POST", `${hub}/model_sessions`, {
    modelVersionId: model.defaultVersionId,
    modelOptions: {},
    application: "Unity",
    providerOptions: { runLocation: "Local", runType: null, gpuIndex: -1 },
  });
  const session = await untilItRuns(started.modelSession.id);
  const command = session.model.commands[0];
  const z = Array.from({ length: command.inputs[0].length }, () => Math.random() - 0.5);
  const outputs = await call("POST", `${session.url}/${command.name}`, { z, truncation: 0.8 });
  const stopped = await call("DELETE", `${hub}/model_sessions/${session.id}`);
  const again = await call("GET", `${hub}/model_sessions/${session.id}`);
  return { health, started, session, outputs, stopped, again };
}

main().then(
  (seen) => console.log(JSON.stringify(seen)),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
