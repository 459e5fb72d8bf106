/** Spans of time, as people say them. */

import { t } from "./words.js";

/** About how long, in words. @param {number} seconds */
export function duration(seconds) {
  if (seconds < 90) return t("{n} s", { n: Math.max(1, Math.round(seconds)) });
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return t("{n} min", { n: minutes });
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? t("{h} h {min} min", { h: hours, min: minutes % 60 }) : t("{n} day | {n} days", { n: Math.round(hours / 24) });
}
