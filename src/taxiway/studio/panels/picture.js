/** The live picture, or a form's answers, with the model's state over it and figures below. */

import { isLive } from "../declaration.js";
import { h } from "../dom.js";
import { makeBoard } from "../outputs/board.js";
import { makeCaption } from "../picture/caption.js";
import { Figures } from "../picture/figures.js";
import { makeNotice, makeTrouble } from "../picture/notice.js";
import { makeProgress } from "../picture/progress.js";
import { Screen } from "../picture/screen.js";
import { makeDarkness, makeWalking } from "../picture/walking.js";

/** @import { Panel, Studio } from "../types.d.ts" */

export default /** @type {Panel} */ ({
  title: "Picture",
  place: "stage",
  order: 10,
  mount,
});

/** @param {HTMLElement} root @param {Studio} studio */
function mount(root, studio) {
  const canvas = h("canvas", {
    class: "picture",
    width: 512,
    height: 512,
    id: "picture-canvas",
    role: "img",
    "aria-label": "The generated picture",
  });
  const figures = new Figures();
  const { store, connection } = studio;
  new Screen(canvas, connection, {
    mayFlash: () => store.get("flashes"),
    drawn: (picture) => {
      figures.count(performance.now(), picture.age);
      store.set("picture", picture);
    },
  });
  const board = makeBoard(studio);
  const caption = makeCaption(store, figures);
  root.append(
    h("div", { class: "picture-frame" }, canvas, board, makeNotice(studio), makeWalking(studio), makeDarkness(studio), makeTrouble(store)),
    makeProgress(studio),
    caption,
  );
  store.follow(["declaration"], () => {
    canvas.hidden = caption.hidden = !isLive(store.get("declaration"));
    board.hidden = !canvas.hidden;
  });
}
