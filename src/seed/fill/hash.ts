/**
 * Numbers that are a pure function of a key and a row: no state, so that any row can be made alone, in any order and by
 * any worker. 32-bit integers only: the same mix on BigInt costs forty times as much.
 */

/** Of seed, table and column. */
export interface Key {
  readonly a: number;
  readonly b: number;
}

export function keyOf(seed: number, ...names: readonly string[]): Key {
  const text = names.join("\0");
  return { a: hashText(text, seed | 0), b: hashText(text, Math.floor(seed / 4294967296) ^ 0x9e3779b9) };
}

/** FNV-1a with a final avalanche. */
export function hashText(text: string, start: number): number {
  let h = start ^ 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** From 0 to 2³² − 1. For one key and draw a bijection of the row: no two rows get the same number. */
export function hash32({ a, b }: Key, row: number, draw: number): number {
  let h = Math.imul(row ^ a, 0x9e3779b1);
  h = Math.imul(h ^ (h >>> 15) ^ (b + Math.imul(draw, 0x85ebca77)), 0xc2b2ae3d);
  h = Math.imul(h ^ (h >>> 13), 0x27d4eb2f);
  return (h ^ (h >>> 16)) >>> 0;
}

/** From 0 up to and without `size`, which is at most 2³². */
export function below(size: number, key: Key, row: number, draw: number): number {
  return Math.floor((hash32(key, row, draw) / 4294967296) * size);
}

/** From 0 up to and without 1. */
export function unit(key: Key, row: number, draw: number): number {
  return hash32(key, row, draw) / 4294967296;
}

/** A shuffle of 0 … size − 1 (at most 2⁵²): a Feistel network, walked until it is back inside. `salt` makes another one. */
export function permutation(key: Key, size: number): (index: number, salt?: number) => number {
  if (size < 2) return () => 0;
  let half = 1;
  while (4 ** half < size) half++;
  return half < 16 ? narrow(key, size, half) : wide(key, size, 2 ** half);
}

const rounds = 4;
const salted = ({ a, b }: Key, salt: number): Key => (salt === 0 ? { a, b } : { a: a ^ Math.imul(salt, 0x9e3779b1), b });

/** Both halves fit into 30 bits. */
function narrow(key: Key, size: number, half: number): (index: number, salt?: number) => number {
  const mask = (1 << half) - 1;
  return (index, salt = 0) => {
    const own = salt === 0 ? key : salted(key, salt);
    let at = index;
    do {
      let left = at >>> half;
      let right = at & mask;
      for (let round = 0; round < rounds; round++) {
        const mixed = (left + hash32(own, right, 0x51ed + round)) & mask;
        left = right;
        right = mixed;
      }
      at = (left << half) | right;
    } while (at >= size);
    return at;
  };
}

function wide(key: Key, size: number, mask: number): (index: number, salt?: number) => number {
  return (index, salt = 0) => {
    const own = salted(key, salt);
    let at = index;
    do {
      let left = Math.floor(at / mask);
      let right = at % mask;
      for (let round = 0; round < rounds; round++) {
        const mixed = (left + hash32(own, right, 0x51ed + round)) % mask;
        left = right;
        right = mixed;
      }
      at = left * mask + right;
    } while (at >= size);
    return at;
  };
}
