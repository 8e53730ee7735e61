/** Hashes: what a checkout does to a file (CRLF, a byte order mark, blank lines at the end) is no edit; everything else is one. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { decode, hashOf, type MigrationFile, sqlMigration } from "../../src/migrate/file.ts";

const inLine = fc.string({ unit: fc.constantFrom(...Array.from("ab1;'\"$-*() \té漢😀\\")), maxLength: 12 });
/** Lines, of which the last is not blank. */
const lines = fc.tuple(fc.array(inLine, { maxLength: 6 }), inLine).map(([before, last]) => [...before, `${last.trimEnd()}x`]);
const text = lines.map((all) => all.join("\n"));

/** The same text as another checkout has it. */
interface Checkout {
  readonly mark: string;
  /** Of each line; round and round. */
  readonly lineEnds: readonly string[];
  readonly tail: string;
}
const checkout: fc.Arbitrary<Checkout> = fc.record({
  mark: fc.constantFrom("", "\ufeff"),
  lineEnds: fc.array(fc.constantFrom("\n", "\r\n"), { minLength: 1, maxLength: 3 }),
  tail: fc.array(fc.constantFrom("\n", "\r\n", " ", "\t"), { maxLength: 4 }).map((parts) => parts.join("")),
});

function checkedOut(source: string, { mark, lineEnds, tail }: Checkout): string {
  const all = source.split("\n");
  const body = all.map((line, i) => (i === all.length - 1 ? line : `${line}${lineEnds[i % lineEnds.length]}`)).join("");
  return `${mark}${body}${tail}`;
}

/** One character more, less, or other. */
interface Edit {
  readonly kind: "insert" | "delete" | "replace";
  readonly at: number;
  readonly by: string;
}
const edit: fc.Arbitrary<Edit> = fc.record({
  kind: fc.constantFrom("insert", "delete", "replace"),
  at: fc.nat(),
  by: fc.constantFrom(...Array.from("ay;' \n\té漢"), "😀"),
});

/** Not behind the last character, where blanks do not count; undefined where the edit changes nothing. */
function edited(source: string, { kind, at, by }: Edit): string | undefined {
  const characters = Array.from(source);
  const index = at % characters.length;
  const isLast = index === characters.length - 1;
  if (kind === "insert") characters.splice(index, 0, by);
  else characters.splice(index, 1, ...(kind === "replace" ? [by] : []));
  const result = characters.join("");
  return result === source || (isLast && result.trimEnd() === source) ? undefined : result;
}

test("a checkout never changes the hash of a text", () => {
  fc.assert(
    fc.property(text, checkout, (source, how) => assert.equal(hashOf(checkedOut(source, how)), hashOf(source))),
    { numRuns: 500 },
  );
});

test("any other edit changes the hash of a text, in whatever checkout", () => {
  fc.assert(
    fc.property(text, edit, checkout, (source, change, how) => {
      const other = edited(source, change);
      fc.pre(other !== undefined);
      assert.notEqual(hashOf(checkedOut(other, how)), hashOf(source));
    }),
    { numRuns: 1000 },
  );
});

interface Parts {
  readonly top: string;
  readonly up: string;
  readonly down: string;
}
const parts: fc.Arbitrary<Parts> = fc.record({ top: inLine.map((line) => `-- ${line}`), up: text, down: text });
const joined = ({ top, up, down }: Parts): string => `${top}\n-- Up migration\n${up}\n-- Down migration\n${down}`;

const migration = (source: string): MigrationFile =>
  sqlMigration({ name: "001_a", version: "001", path: "001_a.sql", text: decode(Buffer.from(source), "001_a.sql") });
const hashes = ({ hash, upHash }: MigrationFile): readonly string[] => [hash, upHash];

test("a checkout never changes a migration's hashes", () => {
  fc.assert(
    fc.property(parts, checkout, (all, how) => {
      assert.deepEqual(hashes(migration(checkedOut(joined(all), how))), hashes(migration(joined(all))));
    }),
    { numRuns: 500 },
  );
});

test("an edit of the up section changes both hashes; one above it or of the down section leaves what was executed alone", () => {
  fc.assert(
    fc.property(parts, fc.constantFrom<keyof Parts>("top", "up", "down"), edit, checkout, (all, part, change, how) => {
      const other = edited(all[part], part === "top" ? { ...change, at: change.at + 3, by: "y" } : change);
      fc.pre(other !== undefined && (part !== "top" || (other.startsWith("-- ") && !/migration|up|down/i.test(other))));
      const [before, after] = [migration(joined(all)), migration(checkedOut(joined({ ...all, [part]: other }), how))];
      assert.notEqual(after.hash, before.hash);
      if (part === "up") assert.notEqual(after.upHash, before.upHash);
      else assert.equal(after.upHash, before.upHash);
    }),
    { numRuns: 1000 },
  );
});

const pair = (up: string, down: string): MigrationFile => {
  const section = { path: "001_a.down.sql", line: 1, text: decode(Buffer.from(down), "001_a.down.sql") };
  return sqlMigration({
    name: "001_a",
    version: "001",
    path: "001_a.up.sql",
    text: decode(Buffer.from(up), "001_a.up.sql"),
    down: section,
  });
};

test("a migration in two files: a checkout changes neither hash", () => {
  fc.assert(
    fc.property(text, text, checkout, checkout, (up, down, one, other) => {
      const how = { ...one, tail: "" };
      assert.deepEqual(hashes(pair(checkedOut(up, how), checkedOut(down, other))), hashes(pair(up, down)));
    }),
    { numRuns: 300 },
  );
});

test("a migration in two files: blank lines at the end of the up file change neither hash", {}, () => {
  fc.assert(
    fc.property(text, text, checkout, (up, down, how) => assert.deepEqual(hashes(pair(checkedOut(up, how), down)), hashes(pair(up, down)))),
    { numRuns: 300 },
  );
});

test("a migration in two files: an edit of the up file changes both hashes, one of the down file leaves what was executed alone", () => {
  fc.assert(
    fc.property(text, text, fc.boolean(), edit, (up, down, first, change) => {
      const other = edited(first ? up : down, change);
      fc.pre(other !== undefined);
      const [before, after] = [pair(up, down), first ? pair(other, down) : pair(up, other)];
      assert.notEqual(after.hash, before.hash);
      assert.equal(after.upHash === before.upHash, !first);
    }),
    { numRuns: 500 },
  );
});
