/** How safe sequences are put together. */
import type { LintContext } from "../rule.ts";
import { quoted } from "../parse.ts";
import type { Write } from "./wording.ts";

/** Each statement is a transaction of its own: a lock is given back before the next one begins. */
export const apart = "-- pgsteward: no-transaction";

export function script(...statements: readonly (string | undefined)[]): string {
  return statements
    .filter((statement) => statement !== undefined)
    .map((statement) => (statement.startsWith("--") && !statement.includes("\n") ? statement : `${statement.replace(/;?\s*$/, "")};`))
    .join("\n");
}

/** What a sequence is about, and how it is written. */
export interface Subject {
  readonly context: LintContext;
  /** As the schema has it: `public.users`. */
  readonly table: string;
  /** As the statement has it: `users`. */
  readonly name: string;
  /** What each ALTER TABLE begins with, blanks included. */
  readonly head: string;
  readonly write: Write;
}

/** Statements that do the same in the end. */
export interface Sequence {
  readonly steps: readonly string[];
  /** Why only a person can make a file of them. */
  readonly byHand?: string;
}

/** Fills a column in chunks by primary key; see `migrate up`. */
export function backfill({ table, name, write }: Subject, assignment: string, condition: string): string {
  return inChunks(table, write`update ${name} set ${assignment} where ${condition}`);
}

export function inChunks(table: string, statement: string): string {
  return `-- pgsteward: backfill table=${table} batch=1000\n${statement}`;
}

/** A backfill goes by the primary key. */
export function hasKey({ before, after }: LintContext, table: string): boolean {
  return (before.tables.get(table) ?? after.tables.get(table))?.indexes.some(({ primary }) => primary) === true;
}

/** The part of a qualified name behind the schema, unquoted. */
export function bareName(name: string): string {
  const last = /(?:"((?:[^"]|"")*)"|([^."]+))$/.exec(name);
  return last?.[1]?.replaceAll('""', '"') ?? last?.[2] ?? name;
}

/** `orders_customer_fkey`, as PostgreSQL makes it up (makeObjectName): the longer part is cut until all fit into 63 bytes. */
export function madeUp(table: string, columns: readonly string[], suffix: string): string {
  const parts = [bareName(table), columns.join("_")].map((part) => [...part]);
  const [first = [], second = []] = parts;
  const room = 63 - suffix.length - 1 - (second.length > 0 ? 1 : 0);
  const size = (part: readonly string[]): number => Buffer.byteLength(part.join(""));
  while (size(first) + size(second) > room) (size(first) > size(second) ? first : second).pop();
  return quoted([first.join(""), second.join(""), suffix].filter((part) => part !== "").join("_"));
}
