/** The model beside the page, which stays free: one question at a time, in their order. */

import { Model } from "./model.js";

/** @type {Promise<Model> | undefined} */
let model;
let last = Promise.resolve();

/** @type {Record<string, (given: any) => Promise<any>>} */
const ANSWERS = {
  load: async ({ base, engine }) => {
    model = Model.load(base, engine, (done) => postMessage({ done }));
    const { about, presets, engine: used } = await model;
    return { about: { ...about, presets: named(about.presets, presets) }, engine: used?.name };
  },
  open: async ({ about, block, engine }) => {
    const kernels = await (await fetch(new URL("kernels.wasm", import.meta.url))).arrayBuffer();
    model = Model.made(about, block, kernels, engine);
    return { engine: (await model).engine?.name };
  },
  picture: async (inputs) => {
    const made = await /** @type {Promise<Model>} */ (model);
    return { ...(await made.picture(inputs)), engine: made.engine?.name };
  },
  measure: async () => (await /** @type {Promise<Model>} */ (model)).measure(),
};

/** @param {{ name: string, picture: string }[]} entries @param {import("./model.js").Inputs[]} given */
const named = (entries, given) =>
  entries.map(({ name, picture }, index) => ({ name, picture, given: given[index] }));

onmessage = ({ data: { id, ask, given } }) => {
  last = last
    .then(() => ANSWERS[ask](given))
    .then(
      (answer) => postMessage({ id, answer }, { transfer: answer.pixels ? [answer.pixels.buffer] : [] }),
      (error) => postMessage({ id, error: error.message }),
    );
};
