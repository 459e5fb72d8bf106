// What every sketch does with Runway's SDK, in node and in a page: `play(HostedModel, settings)`.
// Prints or returns what it saw.

async function told(promise) {
  try {
    return { value: await promise };
  } catch (error) {
    return { error: error.message };
  }
}

async function play(HostedModel, { url, token, inputs, wait }) {
  const model = new HostedModel(token === null ? { url } : { url, token });
  const seen = { awakeAtFirst: await told(model.isAwake()) };
  if (wait) await model.waitUntilAwake(50);
  seen.info = await told(model.info());
  seen.query = await told(model.query(inputs));
  seen.awakeAtLast = await told(model.isAwake());
  return seen;
}

if (typeof module !== "undefined") {
  const { HostedModel } = require("@runwayml/hosted-models");
  play(HostedModel, JSON.parse(process.argv[2])).then((seen) => console.log(JSON.stringify(seen)));
}
