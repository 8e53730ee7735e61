/** Which row of its parent a row refers to, computed. */
import { blockOf, type Blocks, within } from "./blocks.ts";
import { below, permutation, unit } from "./hash.ts";
import type { Draw, TableContext } from "./context.ts";
import type { Link } from "./relations.ts";
import type { Enumeration } from "./unique.ts";
import type { Value } from "./value.ts";

/** How many of the rows that need no parent have none. */
const orphans = 0.2;

export function drawOf(link: Link, context: TableContext): Draw {
  const { uniqueness, blocks, key } = context;
  if (uniqueness.without.has(link)) return () => -1;
  const own = key("link", link.key.name);
  const optional = link.nullable.length > 0;
  if (link.self)
    return selfDraw(blocks, optional, uniqueness.chains.has(link), (row, attempt, size) => below(size, own, row, attempt * 16));
  const range = rangeIn(link, context);
  return (row, attempt) => {
    if (optional && unit(own, row, attempt * 16 + 15) < (attempt === 0 ? orphans : 0.5)) return -1;
    const [from, to] = range(row);
    return to > from ? from + below(to - from, own, row, attempt * 16) : -1;
  };
}

/** The rows of the parent that a row can choose from. Neighbours mostly lie in one block: the last answer is kept. */
function rangeIn(link: Link, { blocks, filled }: TableContext): (row: number) => readonly [number, number] {
  let from = 0;
  let to = -1;
  let range: readonly [number, number] = [0, 0];
  return (row) => {
    if (row >= from && row < to) return range;
    // A parent in a circle is made later than this.
    const parent = filled.get(link.parent.id)?.blocks;
    if (!parent) return [0, 0];
    const block = blocks.scope ? blockOf(blocks, row) : 0;
    range = within(parent, blocks.scope, block);
    [from, to] = [blocks.starts[block] as number, blocks.starts[block + 1] as number];
    return range;
  };
}

/** Of its own table a row refers to one before it, so that nothing goes in a circle; the first of a block to none, or to itself. */
function selfDraw(blocks: Blocks, optional: boolean, chain: boolean, choose: (row: number, attempt: number, size: number) => number): Draw {
  return (row, attempt) => {
    const first = blocks.starts[blockOf(blocks, row)] as number;
    if (row === first) return optional ? -1 : row;
    if (chain) return row - 1;
    const at = first - 1 + choose(row, attempt, row - first + 1);
    return at >= first ? at : optional ? -1 : first;
  };
}

/** What the digits of one key are for a row. */
export interface Enumerated {
  readonly enumeration: Enumeration;
  /** By the place of the digit: a row of the parent, or the place of a value. */
  digit(row: number, place: number): number;
}

/** Permutations do not go further; as far as that, no two rows share a number. */
const mostCombinations = 2 ** 50;

export function enumerationOf(enumeration: Enumeration, context: TableContext): Enumerated {
  const { blocks, filled, key } = context;
  const { digits, extent } = enumeration;
  const own = key("digits", ...digits.map((digit) => ("link" in digit ? digit.link.key.name : digit.column)));
  let known = -1;
  let result: number[] = [];
  let size = -1;
  let shuffle = permutation(own, 0);
  const compute = (row: number): number[] => {
    const block = blocks.scope ? blockOf(blocks, row) : 0;
    const ranges = digits.map((digit) =>
      "link" in digit ? rangeOf(filled.get(digit.link.parent.id)?.blocks, blocks, block) : [0, digit.values.length],
    );
    const sizes = digits.map(
      (digit, i) => (ranges[i]?.[1] ?? 0) - (ranges[i]?.[0] ?? 0) - ("link" in digit && digit.apart !== undefined ? 1 : 0),
    );
    const combinations = Math.min(
      mostCombinations,
      sizes.reduce((product, size) => product * size, 1),
    );
    if (combinations !== size) [size, shuffle] = [combinations, permutation(own, combinations)];
    let rest = extent === "block" ? shuffle(row - (blocks.starts[block] as number), block) : shuffle(row);
    const places = sizes.map((size) => {
      const place = rest % size;
      rest = Math.floor(rest / size);
      return place;
    });
    digits.forEach((digit, i) => {
      if ("link" in digit && digit.apart !== undefined && (places[i] as number) >= (places[digit.apart] as number)) (places[i] as number)++;
    });
    return places.map((place, i) => (ranges[i]?.[0] ?? 0) + place);
  };
  return {
    enumeration,
    digit(row, place) {
      if (row !== known) {
        result = compute(row);
        known = row;
      }
      return result[place] ?? 0;
    },
  };
}

function rangeOf(parent: Blocks | undefined, blocks: Blocks, block: number): readonly [number, number] {
  return parent ? within(parent, blocks.scope, block) : [0, 0];
}

/** The value of a digit that is no row. */
export function valueOfDigit({ enumeration, digit }: Enumerated, place: number, row: number): Value {
  const found = enumeration.digits[place];
  return found && "values" in found ? (found.values[digit(row, place)] ?? null) : null;
}
