/** Indexes built beside reads and writes. */
import type { IndexStmt } from "libpg-query";
import { bareName, madeUp } from "./words.ts";
import { quoted } from "../parse.ts";
import type { Judged, LintContext } from "../rule.ts";

/** CONCURRENTLY; on a partitioned table, which does not take it, each partition by itself. */
export function createIndex(context: LintContext, { trace }: Judged, statement: IndexStmt): string[] {
  const table = statement.relation ? context.nameOf(statement.relation) : "";
  const make = (changes: Partial<IndexStmt>): string =>
    context.deparse({ IndexStmt: { ...statement, ...changes } }).replace(/\s*\n\s*/g, " ");
  const partitioned = (context.after.tables.get(table) ?? context.before.tables.get(table))?.kind === "p";
  if (!partitioned) return [make({ concurrent: true })];
  const name = statement.idxname ?? `${bareName(table)}_idx`;
  const schema = table.slice(0, table.lastIndexOf(".") + 1);
  const whole = `${schema}${quoted(name)}`;
  return [
    // The deparser leaves ONLY out.
    make({ idxname: name }).replace(/ ON (?:ONLY )?/, " ON ONLY "),
    ...[...new Set(trace.indexBuilds.map((build) => build.table))].flatMap((partition) => {
      const own = madeUp(partition, [name], "idx");
      const relation = { ...statement.relation, relname: bareName(partition), inh: true };
      return [
        make({ idxname: own.replace(/^"|"$/g, ""), relation, concurrent: true }),
        `alter index ${whole} attach partition ${schema}${own}`,
      ];
    }),
  ];
}

/** The keyword is a parameter since 12. */
export function reindex(statement: string): string[] {
  return [statement.replace(/^(\s*reindex\s+(?:\([^)]*\)\s*)?(?:index|table|schema|database|system))\s+/i, "$1 concurrently ")];
}

/** Needs a unique index over all rows, and a view that has been filled. */
export function refresh(context: LintContext, view: string, statement: string): string[] {
  const unique = context.before.tables.get(view)?.indexes.some((index) => index.unique && !index.partial && !index.columns.includes(0));
  const first = unique ? [] : [`create unique index on ${view} (<columns that tell its rows apart>)`];
  return [...first, statement.replace(/^(\s*refresh\s+materialized\s+view)\s+/i, "$1 concurrently ")];
}
