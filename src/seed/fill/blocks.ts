/** Where the rows of a table lie: in blocks, one for each row of its root, many rows for a big tenant and few for a small one. */

/** What `blocksOf` needs to know of a table and of its root. */
export interface Blocks {
  readonly id: string;
  readonly rows: number;
  /** The root's. */
  readonly scope: Blocks | undefined;
  /** First row of each block, and behind the last the number of rows; without a root one block. */
  readonly starts: Float64Array;
}

/**
 * Shares `rows` out in proportion to `weights`, at most `caps` to each, and nothing where that is 0; everybody who may have
 * one gets one before anybody gets two, as far as they go.
 */
export function share(rows: number, weights: Float64Array, caps: Float64Array): Float64Array {
  const starts = new Float64Array(weights.length + 1);
  const counts = new Float64Array(weights.length);
  let left = rows;
  for (let i = 0; i < counts.length && left > 0; i++) {
    if ((caps[i] as number) < 1) continue;
    counts[i] = 1;
    left--;
  }
  // Each round fills some to their cap; what they leave goes to the others.
  for (let round = 0; round < 64 && left > 0; round++) {
    let open = 0;
    for (let i = 0; i < counts.length; i++) if ((counts[i] as number) < (caps[i] as number)) open += weights[i] as number;
    if (open === 0) break;
    const start = left;
    let seen = 0;
    for (let i = 0; i < counts.length; i++) {
      if ((counts[i] as number) >= (caps[i] as number)) continue;
      const before = Math.floor((seen / open) * start);
      seen += weights[i] as number;
      const given = Math.min(Math.floor((seen / open) * start) - before, (caps[i] as number) - (counts[i] as number), left);
      counts[i] = (counts[i] as number) + given;
      left -= given;
    }
    if (left === start) break;
  }
  for (let i = 0; i < counts.length; i++) starts[i + 1] = (starts[i] as number) + (counts[i] as number);
  return starts;
}

/** Equal, or by Zipf's law: the n-th gets 1/n of the first. */
export function weightsOf(count: number, skew: "none" | "zipf"): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => (skew === "zipf" ? 1 / (i + 1) : 1));
}

/** The block that a row lies in. */
export function blockOf({ starts }: Blocks, row: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((starts[middle] as number) <= row) low = middle;
    else high = middle;
  }
  return low;
}

/** The rows of `table` that belong to row `at` of `root`: from, up to and without. All of them where the two are not related. */
export function within(table: Blocks, root: Blocks | undefined, at: number): readonly [number, number] {
  if (!root) return [0, table.rows];
  if (table.id === root.id) return [at, at + 1];
  if (table.scope && isAbove(root, table.scope)) {
    const [first, end] = within(table.scope, root, at);
    return [table.starts[first] as number, table.starts[end] as number];
  }
  // The root is finer than the table's own: what counts is whom its row belongs to.
  if (root.scope) return within(table, root.scope, blockOf(root, at));
  return [0, table.rows];
}

function isAbove(root: Blocks, table: Blocks): boolean {
  for (let each: Blocks | undefined = table; each; each = each.scope) if (each.id === root.id) return true;
  return false;
}
