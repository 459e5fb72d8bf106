/**
 * A generative model in any page, without a server: one script tag, three calls.
 *
 *   <script src="https://example.org/rainbow/taxiway.js"></script>
 *   await taxiway.load();
 *   const { pixels, width, height } = await taxiway.picture({ z, truncation: 0.8 });
 *   await taxiway.draw(canvas, { seed: 22 });
 *
 * What a sketch asks of a model at http://localhost:8000 (POST /query, GET /info) is answered here,
 * too: a sketch that was written for Taxiway or for Runway needs this tag, and no change.
 */
(() => {
  const tag = /** @type {HTMLScriptElement} */ (document.currentScript);
  const base = new URL(".", tag.src).href;
  const address = new URL(tag.dataset.address ?? "http://localhost:8000");
  const quality = 0.92; // of JPEG, as Taxiway's server has it

  /** @type {Worker | undefined} */
  let worker;
  /** @type {Map<number, { resolve: (answer: any) => void, reject: (error: Error) => void }>} */
  const waiting = new Map();
  /** @type {Promise<any> | undefined} */
  let model;
  let wanted = "auto";
  /** @type {Set<(done: number) => void>} */
  const watching = new Set();
  let count = 0;

  function start() {
    // By way of a blob: a page of another address may start it, too.
    const code = `import ${JSON.stringify(`${base}engine/worker.js`)};`;
    const source = URL.createObjectURL(new Blob([code], { type: "text/javascript" }));
    const made = new Worker(source, { type: "module" });
    made.onmessage = ({ data: { id, answer, error, done } }) => {
      if (done !== undefined) return watching.forEach((told) => told(done));
      if (error !== undefined) waiting.get(id)?.reject(new Error(error));
      else waiting.get(id)?.resolve(answer);
      waiting.delete(id);
    };
    made.onerror = () => {
      const why = tag.src.startsWith(location.origin) ? "" : "; its server must let pages of other addresses read it (CORS)";
      const error = new Error(`${base}engine/worker.js cannot be started${why}.`);
      waiting.forEach(({ reject }) => reject(error));
      waiting.clear();
    };
    return made;
  }

  /** @param {string} ask @param {any} given @returns {Promise<any>} */
  function asked(ask, given) {
    const [id, to] = [count++, (worker ??= start())];
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      to.postMessage({ id, ask, given });
    });
  }

  /**
   * Load the model beside this script, once; asking again costs nothing, unless for another engine.
   * @param {{ engine?: "auto" | "gpu" | "cpu", progress?: (done: number) => void }} [how]
   * @returns {Promise<{ about: any, engine: string }>} what it is, and what computes it
   */
  async function load({ engine = "auto", progress } = {}) {
    if (progress) watching.add(progress);
    if (!model || (engine !== "auto" && engine !== wanted)) {
      wanted = engine;
      model = asked("load", { base, engine });
      model.catch(() => (model = undefined));
    }
    return model;
  }

  /**
   * The picture of inputs: z, seed or ws; truncation, label, and steps along directions by name.
   * @param {Record<string, any>} inputs
   * @returns {Promise<{ pixels: Uint8ClampedArray, width: number, height: number, engine: string }>}
   */
  async function picture(inputs = {}) {
    await load();
    return asked("picture", inputs);
  }

  /**
   * Draw the picture of inputs into a canvas, which takes its size.
   * @param {HTMLCanvasElement} canvas
   * @param {Record<string, any>} inputs
   */
  async function draw(canvas, inputs = {}) {
    const { pixels, width, height, engine } = await picture(inputs);
    if (canvas.width !== width || canvas.height !== height) {
      Object.assign(canvas, { width, height });
    }
    const image = new ImageData(/** @type {any} */ (pixels), width, height);
    canvas.getContext("2d")?.putImageData(image, 0, 0);
    return { width, height, engine };
  }

  /** Seconds a picture on this device with each engine, and by how many levels they differ. */
  const measure = async () => (await load(), asked("measure", {}));

  /** @param {string} name @param {string} type @param {Record<string, any>} more */
  const field = (name, type, more = {}) => ({ name, type, description: null, ...more });

  /** What `GET /info` says. @param {any} about */
  const info = (about) => ({
    name: "generate",
    description: about.card.summary,
    inputs: [
      field("z", "vector", { length: about.z_dim, samplingMean: 0, samplingStd: 1, default: null }),
      field("truncation", "number", { default: 0.8, min: 0, max: 1.5, step: 0.01 }),
      ...about.directions.map((/** @type {any} */ each) =>
        field(each.name, "number", { default: 0, min: -3, max: 3, step: 0.1 }),
      ),
    ],
    outputs: [field("image", "image", { width: about.width, height: about.height, channels: 3 })],
  });

  /** @type {any} */
  let newest = null;
  /** @type {Record<string, (inputs: any) => Promise<any>>} */
  const ROUTES = {
    "POST /query": async (inputs) => {
      const canvas = document.createElement("canvas");
      await draw(canvas, inputs);
      return (newest = { image: canvas.toDataURL("image/jpeg", quality) });
    },
    "GET /info": async () => info((await load()).about),
    "GET /data": async () => newest,
    "GET /error": async () => null,
  };

  /** @param {string} text @returns {any} */
  function inputsIn(text) {
    let inputs;
    try {
      inputs = JSON.parse(text || "{}");
    } catch {}
    if (inputs && typeof inputs === "object" && !Array.isArray(inputs)) return inputs;
    throw new Error('The body takes a JSON object such as {"seed": 1}.');
  }

  /** @param {(inputs: any) => Promise<any>} route @param {Request} request */
  async function answered(route, request) {
    let [body, status] = [/** @type {any} */ (null), 200];
    try {
      body = await route(request.method === "POST" ? inputsIn(await request.text()) : {});
    } catch (error) {
      [body, status] = [{ error: /** @type {Error} */ (error).message }, 400];
    }
    return new Response(JSON.stringify(body), {
      status,
      headers: { "Content-Type": "application/json" },
    });
  }

  const OWN = ["localhost", "127.0.0.1", "[::1]"];
  const isThere = (/** @type {string} */ name) =>
    name === address.hostname || (OWN.includes(name) && OWN.includes(address.hostname));

  const elsewhere = globalThis.fetch.bind(globalThis);
  globalThis.fetch = (resource, options) => {
    const url = new URL(resource instanceof Request ? resource.url : resource, location.href);
    if (url.port !== address.port || !isThere(url.hostname)) {
      return elsewhere(resource, options);
    }
    const request = new Request(resource, options);
    const route = ROUTES[`${request.method} ${url.pathname.replace(/\/$/, "")}`];
    return route ? answered(route, request) : elsewhere(resource, options);
  };

  Object.assign(globalThis, { taxiway: { base, load, picture, draw, measure } });
})();
