/** Indexes built beside reads and writes. */
import type { IndexStmt } from "libpg-query";
import { splitStatements } from "../../../core/sql-text.ts";
import { quoted } from "../parse.ts";
import type { Judged, LintContext } from "../rule.ts";
import { insertBehind, spelled, writeLike } from "./wording.ts";
import { bareName, type Sequence } from "./words.ts";

/** CONCURRENTLY; on a partitioned table, which does not take it, each partition by itself. */
export function createIndex(context: LintContext, judged: Judged, statement: IndexStmt): Sequence | undefined {
  const { relation } = statement;
  if (!relation) return undefined;
  const table = context.nameOf(relation);
  const partitioned = (context.after.tables.get(table) ?? context.before.tables.get(table))?.kind === "p";
  if (partitioned) return inPartitions(context, judged, statement, table);
  const write = writeLike(judged.trace.statement);
  const concurrent = insertBehind(judged.trace.statement, ["INDEX"], write`concurrently`);
  return concurrent === undefined ? undefined : { steps: [concurrent] };
}

/** ON ONLY makes an index that becomes valid with the last one attached; each has the name that it got when the statement was executed. */
function inPartitions(context: LintContext, { trace }: Judged, statement: IndexStmt, table: string): Sequence | undefined {
  const write = writeLike(trace.statement);
  const columns = behindRelation(trace.statement);
  const name = statement.idxname === undefined ? ownIndex(context, table) : quoted(statement.idxname);
  if (columns === undefined || name === undefined || statement.if_not_exists) return undefined;
  const create = statement.unique ? write`create unique index` : write`create index`;
  const schema = statement.relation?.schemaname === undefined ? "" : `${quoted(statement.relation.schemaname)}.`;
  return {
    steps: [
      write`${create} ${name} on only ${spelled(statement.relation ?? {})} ${columns}`,
      ...trace.indexBuilds.flatMap((build) => [
        write`${create} concurrently ${quoted(bareName(build.index))} on ${build.table} ${columns}`,
        write`alter index ${schema}${name} attach partition ${build.index}`,
      ]),
    ],
  };
}

/** `using gin (tags) where …` */
function behindRelation(statement: string): string | undefined {
  const tokens = splitStatements(statement)[0]?.tokens ?? [];
  const on = tokens.findIndex(({ kind, value }) => kind === "word" && value === "ON");
  let at = tokens[on + 1]?.value === "ONLY" ? on + 2 : on + 1;
  while (tokens[at + 1]?.value === ".") at += 2;
  const next = tokens[at + 1];
  return on < 0 || !next ? undefined : statement.slice(next.start);
}

/** The index that the statement made for the partitioned table itself. */
function ownIndex({ before, after }: LintContext, table: string): string | undefined {
  const known = before.tables.get(table)?.indexes.map(({ name }) => name) ?? [];
  const made = after.tables.get(table)?.indexes.filter(({ name }) => !known.includes(name)) ?? [];
  return made.length === 1 ? quoted(bareName(made[0]?.name ?? "")) : undefined;
}

/** The keyword is a parameter since 12. */
export function reindex(statement: string): Sequence | undefined {
  const kinds = ["INDEX", "TABLE", "SCHEMA", "DATABASE", "SYSTEM"];
  const concurrent = insertBehind(statement, kinds, writeLike(statement)`concurrently`);
  return concurrent === undefined ? undefined : { steps: [concurrent] };
}

/** Needs a unique index over all rows, and a view that has been filled. */
export function refresh(context: LintContext, view: string, statement: string): Sequence | undefined {
  const unique = context.before.tables.get(view)?.indexes.some((index) => index.unique && !index.partial && !index.columns.includes(0));
  const concurrent = insertBehind(statement, ["VIEW"], writeLike(statement)`concurrently`);
  if (concurrent === undefined) return undefined;
  if (unique) return { steps: [concurrent] };
  const index = `create unique index on ${view} (<columns that tell its rows apart>)`;
  return { steps: [index, concurrent], byHand: "it needs a unique index, over columns that only a person knows" };
}
