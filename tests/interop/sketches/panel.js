// A panel as Runway's for Photoshop, written from what is known of it: a page opened from a file,
// which lists the models that give pictures, starts one, asks it and stops it.
let HUB = "http://localhost:5142/v1";

async function call(method, path, body) {
  const headers = { "Content-Type": "application/json", "Cache-Control": "no-cache" };
  const answer = await fetch(HUB + path, { method, headers, body: body && JSON.stringify(body) });
  const told = await answer.json();
  if (!answer.ok) throw new Error(`${answer.status} ${told.error}`);
  return told;
}

async function pictureModels() {
  const { models } = await call("GET", "/models");
  return models.filter(({ commands }) =>
    ["image", "segmentation"].includes(commands[0].outputs[0].type));
}

async function start(model) {
  const files = model.options.filter(({ type }) => type === "file");
  const { id } = await call("POST", "/model_sessions", {
    modelVersionId: model.defaultVersionId,
    modelOptions: Object.fromEntries(files.map(({ name, oneOf }) => [name, oneOf[0]])),
    application: "Photoshop",
    providerOptions: { runLocation: "Local", gpuIndex: -1 },
  });
  return id;
}

async function untilItRuns(id) {
  for (;;) {
    const { modelSession } = await call("GET", `/model_sessions/${id}`);
    if (modelSession.runningStatus !== "STARTING") return modelSession;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function drawn({ type, length, samplingMean, samplingStd, default: usual }) {
  if (type !== "vector") return usual;
  const bell = () => (Math.random() + Math.random() + Math.random() - 1.5) * 2;
  return Array.from({ length }, () => samplingMean + samplingStd * bell());
}

async function ask({ url, model }) {
  const [command] = model.commands;
  const inputs = Object.fromEntries(command.inputs.map((field) => [field.name, drawn(field)]));
  const answer = await fetch(`${url}/${command.name}`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "Cache-Control": "no-cache" },
    body: JSON.stringify(inputs),
  });
  return (await answer.json())[command.outputs[0].name];
}

async function play(name) {
  const models = await pictureModels();
  const id = await start(models.find((model) => model.name === name));
  const session = await untilItRuns(id);
  const listed = (await call("GET", "/model_sessions?show=active")).modelSessions;
  const picture = await ask(session);
  await call("DELETE", `/model_sessions/${id}`);
  const left = (await call("GET", "/model_sessions?show=active")).modelSessions;
  const again = await start(models.find((model) => model.name === name));
  await untilItRuns(again);
  await call("POST", "/model_sessions/stop_all", { application: "Photoshop" });
  const last = (await call("GET", "/model_sessions?show=active")).modelSessions;
  return { session, picture, counts: [listed, left, last].map((sessions) => sessions.length) };
}
