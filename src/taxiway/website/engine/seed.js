/** z of a seed, as numpy's legacy generator draws it: the same seed, the same picture. */

const [SIZE, MIDDLE] = [624, 397];

/**
 * The Mersenne Twister (Matsumoto and Nishimura 1998), 32 bits a call.
 * @param {number} seed 0 to 2 ** 32 - 1
 */
function twister(seed) {
  const state = new Uint32Array(SIZE);
  state[0] = seed;
  for (let i = 1; i < SIZE; i++) {
    const last = state[i - 1] ^ (state[i - 1] >>> 30);
    state[i] = Math.imul(last, 1812433253) + i;
  }
  let at = SIZE;
  const turn = () => {
    for (let i = 0; i < SIZE; i++) {
      const bits = (state[i] & 0x80000000) | (state[(i + 1) % SIZE] & 0x7fffffff);
      state[i] = state[(i + MIDDLE) % SIZE] ^ (bits >>> 1) ^ (bits & 1 ? 0x9908b0df : 0);
    }
    at = 0;
  };
  return () => {
    if (at === SIZE) turn();
    let y = state[at++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  };
}

/**
 * Standard normal numbers of a seed (Marsaglia's polar method).
 * @param {number} seed a whole number from 0 to 2 ** 32 - 1
 * @param {number} count
 * @returns {Float32Array}
 */
export function zOfSeed(seed, count) {
  const next = twister(seed);
  const even = () => ((next() >>> 5) * 67108864 + (next() >>> 6)) / 9007199254740992;
  const result = new Float32Array(count);
  for (let i = 0; i < count; i += 2) {
    let [x, y, square] = [0, 0, 0];
    do {
      x = 2 * even() - 1;
      y = 2 * even() - 1;
      square = x * x + y * y;
    } while (square >= 1 || square === 0);
    const factor = Math.sqrt((-2 * Math.log(square)) / square);
    result[i] = factor * y;
    if (i + 1 < count) result[i + 1] = factor * x;
  }
  return result;
}
