/** Replacing the values of a column, in PostgreSQL's text form. */
import { failure } from "../../core/errors.ts";
import { sha256 } from "../../core/hash.ts";
import { encode, parseArray } from "../../core/types.ts";
import { seedErrors } from "../errors.ts";
import { type FakeOptions, fakeOf, type SnapshotKind } from "./kinds.ts";
import type { RuledColumn } from "./rules.ts";
import { shortName } from "./shape.ts";

export type Replace = (value: string | null) => string | null;

/** Errors of the function: SEED_SNAPSHOT_COLLISION where two values that must stay different become the same. */
export function replacerOf(ruled: RuledColumn, salt: string): Replace {
  const { rule, column, wide } = ruled;
  if (rule === "null") return () => null;
  if (rule === "keep") return (value) => value;
  const fake = typeof rule === "object" ? constant(rule.fixed, column.array) : faker(rule, ruled, salt);
  return isUnique(ruled) && wide ? injective(ruled, fake) : fake;
}

const isUnique = ({ table, column }: RuledColumn): boolean => table.uniques.some(({ columns }) => columns.includes(column.name));

/** Null stays null: that nothing is known of somebody is no more than the row says anyway. */
function constant(fixed: unknown, array: boolean): Replace {
  const text = fixedText(fixed, array);
  return (value) => (value === null ? null : text);
}

/** In PostgreSQL's text form; a list is json, except for an array. */
export function fixedText(fixed: unknown, array: boolean): string | null {
  return Array.isArray(fixed) && !array ? JSON.stringify(fixed) : encode(fixed);
}

/** E-mail addresses and user names in different case belong to one person. */
const folded: readonly SnapshotKind[] = ["email", "username"];

function faker(kind: SnapshotKind, { column, wide, caseless, limit }: RuledColumn, salt: string): Replace {
  const options: FakeOptions = { salt, wide, limit, base: column.base };
  const fold = caseless || folded.includes(kind);
  const one = (value: string): string => fakeOf(kind, fold ? value.toLowerCase() : value, options);
  const each = (value: unknown): unknown => (Array.isArray(value) ? value.map(each) : typeof value === "string" ? one(value) : value);
  if (!column.array) return (value) => (value === null ? null : one(value));
  return (value) => (value === null ? null : encode(each(parseArray(value, String))));
}

/** Checks each fake against those of other values. Kept as numbers of 52 bits: a false alarm among a million values has odds of 1 to 10,000. */
function injective({ table, column, rule, caseless }: RuledColumn, fake: Replace): Replace {
  const numberOf = (text: string): number => Number.parseInt(sha256(text).slice(0, 13), 16);
  const known = new Map<number, number>();
  return (value) => {
    const made = fake(value);
    if (value === null || made === null) return made;
    const [to, from] = [made, value].map((text) => numberOf(caseless ? text.toLowerCase() : text)) as [number, number];
    if ((known.get(to) ?? from) !== from) {
      throw failure(seedErrors, "SEED_SNAPSHOT_COLLISION", {
        column: `${shortName(table)}.${column.name}`,
        rule: typeof rule === "string" ? rule : "fixed",
      });
    }
    known.set(to, from);
    return made;
  };
}
