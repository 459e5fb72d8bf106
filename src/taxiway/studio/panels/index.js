/**
 * The panels. Adding one: a file in this folder, and its line in PANELS.
 *
 * `place` is where it stands: `stage` (the picture), `field` (beside it), `deck` (below it) or
 * `side` (a tab). Where the window is small, `field` and `deck` become tabs too (layout.js).
 *
 * @typedef {object} Studio what every panel is given
 * @property {import("../store.js").Store} store
 * @property {import("../session.js").Session} session
 * @property {import("../asking.js").Asker} asker
 * @property {import("../connection.js").Connection} connection
 * @property {Record<string, import("../actions.js").Action>} actions
 * @property {ReturnType<typeof import("../files.js").makeFiles>} files
 *
 * @typedef {object} Panel
 * @property {string} id
 * @property {string} title
 * @property {"stage" | "field" | "deck" | "side"} place
 * @property {(declaration: import("../store.js").Declaration) => boolean} [shown] always, if absent
 * @property {(root: HTMLElement, studio: Studio) => void} mount
 */

import card from "./card.js";
import controls from "./controls.js";
import inputs from "./inputs.js";
import map from "./map.js";
import mixer from "./mixer.js";
import network from "./network.js";
import picture from "./picture.js";
import train from "./train.js";

/** @type {Panel[]} */
export const PANELS = [picture, mixer, map, inputs, controls, network, card, train];
