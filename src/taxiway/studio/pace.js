/** Doing things no more often than is of use. */

/**
 * A function that runs `work` once in the next animation frame, however often it is called.
 * @param {() => void} work
 */
export function oncePerFrame(work) {
  let waits = false;
  return () => {
    if (waits) return;
    waits = true;
    requestAnimationFrame(() => {
      waits = false;
      work();
    });
  };
}

/**
 * A function that runs `work` at most once in `ms`, the last call always being served.
 * @param {number} ms
 * @param {() => void} work
 */
export function atMostEvery(ms, work) {
  let waits = false;
  return () => {
    if (waits) return;
    waits = true;
    setTimeout(() => {
      waits = false;
      work();
    }, ms);
  };
}

/** Whether the user asked for less motion. */
export function wantsLessMotion() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
