/** Signals as MIDI's bytes, for faders with motors and for lights; the way back of midi_reader.js. */

const MOST = 127;
const MOST_FINE = 16383;

/**
 * The messages that a signal of a value would come as; none where there is no such signal.
 * @param {string} name @param {number} value from 0 to 1, a number for programs
 * @returns {number[][]}
 */
export function messagesOf(name, value) {
  const [maker, channel, kind, number] = name.split(":");
  const at = Number(channel) - 1;
  if (maker !== "midi" || !(at >= 0 && at < 16)) return [];
  const which = Number(number ?? 0);
  const part = Math.min(Math.max(value, 0), 1);
  const [coarse, fine] = [Math.round(part * MOST), Math.round(part * MOST_FINE)];
  if (kind === "note" && which <= MOST) return [[0x90 | at, which, coarse]];
  if (kind === "cc" && which < 120) return [[0xb0 | at, which, coarse]];
  if (kind === "bend") return [[0xe0 | at, fine & MOST, fine >> 7]];
  if (kind === "program") return [[0xc0 | at, Math.round(Math.min(Math.max(value, 0), MOST))]];
  if ((kind !== "nrpn" && kind !== "rpn") || which > MOST_FINE) return [];
  const [high, low] = kind === "nrpn" ? [99, 98] : [101, 100];
  return [[high, which >> 7], [low, which & MOST], [6, fine >> 7], [38, fine & MOST]].map((pair) => [0xb0 | at, ...pair]);
}
