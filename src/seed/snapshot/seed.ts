/** Where fakes come from: a value, its kind and a salt make one seed, and one seed makes one fake. */
import { below, type Key } from "../fill/hash.ts";

// As in core/hash.ts: `import … from "node:crypto"` costs 5 ms CPU of each start.
const { createHmac } = process.getBuiltinModule("node:crypto");

export interface Seed {
  /** One of these, by the number of the draw. */
  pick(list: readonly string[], draw: number): string;
  /** From 0 up to and without `size`, which is at most 2³². */
  below(size: number, draw: number): number;
  /** 12 lower-case letters and digits, of 62 bits: different for different values. */
  readonly code: string;
  /** 64 hexadecimal digits. */
  readonly hex: string;
}

/** Keyed: without the salt nobody can compute the fake of a guess and compare. */
export function seedOf(salt: string, kind: string, value: string): Seed {
  const digest = createHmac("sha256", salt).update(`${kind}\0${value}`).digest();
  const key: Key = { a: digest.readUInt32LE(0), b: digest.readUInt32LE(4) };
  return {
    pick: (list, draw) => list[below(list.length, key, 0, draw)] ?? "",
    below: (size, draw) => below(size, key, 0, draw),
    get code() {
      return (digest.readBigUInt64LE(8) >> 2n).toString(36).padStart(12, "0");
    },
    get hex() {
      return createHmac("sha256", digest).update("hex").digest("hex");
    },
  };
}

const alphabets = ["0123456789", "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"];
const rounds = 8;

const alphabetOf = (character: string): string | undefined => alphabets.find((one) => one.includes(character));

/**
 * A text of the same form: digits become digits, letters letters of the same case, the rest stays. A Feistel network over
 * the places that change: for one form a bijection, so that different texts stay different.
 */
export function sameForm(salt: string, kind: string, text: string): string {
  const characters = [...text];
  const places = characters.flatMap((character, at) => {
    const alphabet = alphabetOf(character);
    return alphabet === undefined ? [] : [{ at, alphabet }];
  });
  const form = characters.map((character) => alphabetOf(character)?.[0] ?? character).join("");
  const half = Math.ceil(places.length / 2);
  const sides = [places.slice(0, half), places.slice(half)];
  for (let round = 0; round < rounds; round++) {
    const [changed = [], other = []] = round % 2 === 0 ? sides : sides.toReversed();
    const key = other.map(({ at }) => characters[at]).join("");
    const stream = keyStream(salt, `${kind}\0${form}\0${round}\0${key}`, changed.length);
    changed.forEach(({ at, alphabet }, i) => {
      characters[at] = alphabet[(alphabet.indexOf(characters[at] ?? "") + (stream[i] ?? 0)) % alphabet.length] ?? "";
    });
  }
  return characters.join("");
}

function keyStream(salt: string, text: string, length: number): readonly number[] {
  const numbers: number[] = [];
  for (let block = 0; numbers.length < length; block++) {
    const digest = createHmac("sha256", salt).update(`${block}\0${text}`).digest();
    for (let at = 0; at < 32; at += 4) numbers.push(digest.readUInt32LE(at));
  }
  return numbers;
}
