/** Steps in an order in which each comes after those that it waits for; among the possible ones, the order of `rank`. */

export interface Node {
  readonly id: string;
  readonly rank: readonly (number | string)[];
  /** Ids of what must come before. */
  readonly after: ReadonlySet<string>;
  /** What should come before where nothing speaks against it. */
  readonly rather: ReadonlySet<string>;
}

export interface Sorted<N> {
  readonly sorted: readonly N[];
  /** Those in a circle, or behind one. */
  readonly stuck: readonly N[];
  /** A wish was let go. */
  readonly bent: boolean;
}

/** The nodes in order. */
export function sortNodes<N extends Node>(nodes: readonly N[]): Sorted<N> {
  const ranked = [...nodes].sort((a, b) => compareRanks(a.rank, b.rank));
  const places = new Map(ranked.map(({ id }, place) => [id, place]));
  const waiting = ranked.map(
    ({ id, after, rather }) => new Set([...after, ...rather].filter((other) => other !== id && places.has(other))),
  );
  const followers = ranked.map((): number[] => []);
  waiting.forEach((set, place) => {
    for (const other of set) followers[places.get(other) as number]?.push(place);
  });
  const heap = new Heap();
  waiting.forEach((set, place) => set.size === 0 && heap.push(place));
  const done = new Set<number>();
  const sorted: N[] = [];
  let bent = false;
  for (;;) {
    let place = heap.pop();
    if (place === undefined) {
      place = letGo(ranked, waiting, done);
      bent ||= place !== undefined;
    }
    if (place === undefined) break;
    if (done.has(place)) continue;
    done.add(place);
    const node = ranked[place] as N;
    sorted.push(node);
    for (const follower of followers[place] ?? []) {
      const set = waiting[follower] as Set<string>;
      if (set.delete(node.id) && set.size === 0) heap.push(follower);
    }
  }
  return { sorted, stuck: ranked.filter((_, place) => !done.has(place)), bent };
}

/** In a circle: the first node that only wishes hold back. One that merely waits for a circle keeps its wishes. */
function letGo(nodes: readonly Node[], waiting: readonly Set<string>[], done: ReadonlySet<number>): number | undefined {
  const open = new Map(nodes.flatMap(({ id }, place) => (done.has(place) ? [] : [[id, waiting[place] ?? new Set<string>()] as const])));
  const found = nodes.findIndex(
    ({ id, after }) => open.has(id) && [...(open.get(id) ?? [])].every((other) => !after.has(other)) && reached(open, id).has(id),
  );
  return found < 0 ? undefined : found;
}

/** The circles among nodes that are stuck: what is in one could only come after itself. */
export function circlesOf<N extends Node>(stuck: readonly N[]): readonly (readonly N[])[] {
  const waiting = new Map(stuck.map(({ id, after }) => [id, after]));
  const behind = new Map(stuck.map(({ id }) => [id, reached(waiting, id)]));
  const together = (a: string, b: string): boolean => behind.get(a)?.has(b) === true && behind.get(b)?.has(a) === true;
  const seen = new Set<string>();
  return stuck.flatMap(({ id }) => {
    const circle = seen.has(id) ? [] : stuck.filter((other) => together(id, other.id));
    for (const other of circle) seen.add(other.id);
    return circle.length > 0 ? [circle] : [];
  });
}

/** All that a node waits for, and what that waits for. */
function reached(waiting: ReadonlyMap<string, ReadonlySet<string>>, id: string): ReadonlySet<string> {
  const found = new Set(waiting.get(id));
  for (const at of found) for (const other of waiting.get(at) ?? []) found.add(other);
  return found;
}

function compareRanks(a: Node["rank"], b: Node["rank"]): number {
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const [x = "", y = ""] = [a[i], b[i]];
    if (x !== y) return x < y ? -1 : 1;
  }
  return 0;
}

/** The smallest number first. */
class Heap {
  readonly #items: number[] = [];

  push(item: number): void {
    const items = this.#items;
    let at = items.push(item) - 1;
    for (let up = (at - 1) >> 1; at > 0 && (items[up] as number) > item; up = (at - 1) >> 1) {
      items[at] = items[up] as number;
      at = up;
    }
    items[at] = item;
  }

  pop(): number | undefined {
    const items = this.#items;
    const [first] = items;
    const last = items.pop();
    if (first === undefined || last === undefined || items.length === 0) return first;
    let at = 0;
    for (;;) {
      let down = 2 * at + 1;
      if (down >= items.length) break;
      if (down + 1 < items.length && (items[down + 1] as number) < (items[down] as number)) down++;
      if ((items[down] as number) >= last) break;
      items[at] = items[down] as number;
      at = down;
    }
    items[at] = last;
    return first;
  }
}
