/** The order of steps: what waits comes after, wishes bend, circles are told. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { circlesOf, type Node, sortNodes } from "../../src/migrate/diff/order.ts";

const node = (id: string, after: readonly string[] = [], rather: readonly string[] = []): Node => ({
  id,
  rank: [id],
  after: new Set(after),
  rather: new Set(rather),
});
const order = (nodes: readonly Node[]): string =>
  sortNodes(nodes)
    .sorted.map(({ id }) => id)
    .join("");

test("by rank where nothing waits, and after what is waited for", () => {
  assert.equal(order([node("c"), node("a"), node("b")]), "abc");
  assert.equal(order([node("a", ["c"]), node("b"), node("c", ["b"])]), "bca");
  assert.equal(order([node("a", ["gone"])]), "a");
});

test("wishes are kept where they can be, and let go in a circle", () => {
  assert.equal(order([node("a", [], ["b"]), node("b")]), "ba");
  assert.equal(order([node("a", [], ["b"]), node("b", ["a"])]), "ab");
  // What only waits for the circle is not let go before it.
  assert.equal(order([node("a", [], ["b"]), node("b", [], ["c"]), node("c", ["b"])]), "bac");
});

test("a circle is stuck, with all that waits for it", () => {
  const { sorted, stuck } = sortNodes([node("a", ["b"]), node("b", ["a"]), node("c", ["a"]), node("d")]);
  assert.deepEqual([sorted.map(({ id }) => id), stuck.map(({ id }) => id)], [["d"], ["a", "b", "c"]]);
});

test("circles are told from what waits for them, and from each other", () => {
  const nodes = [node("a", ["b"]), node("b", ["a", "gone"]), node("c", ["a"]), node("d", ["e", "c"]), node("e", ["f"]), node("f", ["d"])];
  const circles = circlesOf(nodes).map((circle) => circle.map(({ id }) => id).join(""));
  assert.deepEqual(circles, ["ab", "def"]);
  assert.deepEqual(circlesOf([node("a", ["a"], ["b"]), node("b", [], ["a"])]).length, 1);
});

test("any order without a circle is kept", () => {
  const graph = fc.integer({ min: 1, max: 30 }).chain((size) =>
    fc.array(fc.tuple(fc.nat(size - 1), fc.nat(size - 1)), { maxLength: 60 }).map((edges) => {
      const nodes = Array.from({ length: size }, (_, i) => ({ ...node(String(i)), rank: [(i * 7) % size], after: new Set<string>() }));
      for (const [a, b] of edges) if (a !== b) nodes[Math.max(a, b)]?.after.add(String(Math.min(a, b)));
      return nodes;
    }),
  );
  fc.assert(
    fc.property(graph, (nodes) => {
      const { sorted, stuck } = sortNodes(nodes);
      const places = new Map(sorted.map(({ id }, place) => [id, place]));
      assert.equal(stuck.length, 0);
      for (const { id, after } of nodes) for (const other of after) assert.ok((places.get(other) ?? 0) < (places.get(id) ?? 0));
    }),
  );
});
