/** The pairs of pairs.sql: each half is turned into the other one. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { type Bench, made, openBench, pass, type Passage, roles, told } from "./bench.ts";

export interface Pair {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly since: number;
  /** Beginnings of statements that lead from `from` to `to`, and back. */
  readonly runs: readonly string[];
  readonly back: readonly string[];
  /** What none of those that lead to `to` may hold. */
  readonly never: readonly string[];
}

export function pairs(): Pair[] {
  const text = readFileSync(new URL("pairs.sql", import.meta.url), "utf8");
  const named = text.replaceAll(":reader", roles.reader).replaceAll(":writer", roles.writer);
  return named
    .split(/\n\n(?=-- pair: )/)
    .slice(1)
    .map(pairOf);
}

function pairOf(block: string): Pair {
  const parts = new Map<string, string>();
  const notes = new Map<string, string[]>();
  let part = "";
  for (const line of block.trim().split("\n")) {
    const [, key = "", value] = /^-- (\w+)(?:: (.*))?$/.exec(line) ?? [];
    if (key !== "" && value !== undefined) notes.set(key, [...(notes.get(key) ?? []), value]);
    else if (key !== "") part = key;
    else parts.set(part, `${parts.get(part) ?? ""}${line}\n`);
  }
  const text = (name: string): string => parts.get(name) ?? "";
  const list = (name: string): string[] => notes.get(name) ?? [];
  const since = Number(list("since")[0] ?? 0);
  const [from, to] = [text("same") + text("from"), text("first") + text("same") + text("to")];
  return { name: list("pair")[0] ?? "", from, to, since, runs: list("runs"), back: list("back"), never: list("never") };
}

/** Describes every `of`-th pair from `start` on, so that several files share them. */
export function describePairs(start: number, of: number, server?: () => Promise<string | undefined>): void {
  describe("pairs of schemas", () => {
    let bench: Bench | undefined;
    before(async () => {
      const url = await server?.();
      bench = server && url === undefined ? undefined : await openBench(url);
    });
    after(() => bench?.close());
    for (const pair of pairs().filter((_, i) => i % of === start)) {
      it(pair.name, (t) => (bench ? check(bench, pair) : t.skip("there is no such server")));
    }
  });
}

async function check(bench: Bench, { name, from, to, since, runs, back, never }: Pair): Promise<void> {
  if (bench.version < since) return;
  const [first, second] = [await made(bench, from), await made(bench, to)];
  assert.notEqual(first.catalog.fingerprint, second.catalog.fingerprint, `${name} is a pair of one`);
  // What versions print otherwise, and what 14 to 16 cannot do within one transaction, is not looked at there.
  const exact = bench.version >= 180_000;
  const forth = await pass(bench, from, first, second);
  if (exact || !usesNewValue(forth)) assert.deepEqual(forth.left, [], told(forth));
  if (exact) expect(forth, runs, never);
  const home = await pass(bench, to, second, first);
  if (exact || !usesNewValue(home)) assert.deepEqual(home.left, [], told(home));
  if (exact) expect(home, back, []);
}

const usesNewValue = ({ changes }: Passage): boolean => changes.some(({ sql }) => / ADD VALUE /.test(sql));

function expect(passage: Passage, runs: readonly string[], never: readonly string[]): void {
  const flat = passage.changes.map(({ sql }) => sql.replaceAll(/\s+/g, " ").trim());
  for (const wanted of runs)
    assert.ok(
      flat.some((sql) => sql.startsWith(wanted)),
      `not among them: ${wanted}\n${told(passage)}`,
    );
  for (const text of never) assert.ok(!flat.some((sql) => sql.includes(text)), `among them: ${text}\n${told(passage)}`);
}
