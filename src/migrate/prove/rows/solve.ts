/**
 * Values that pass the checks of a table: the server tries the candidates of the columns that a check ties together, and names
 * the first combination that none of the checks refuses.
 */
import type { Session } from "../../../core/engine.ts";
import { literal, quoteIdentifier } from "../../../core/sql.ts";
import { attempt } from "../bench.ts";
import type { CheckShape } from "./shape.ts";

export interface Options {
  readonly column: string;
  /** As SQL writes it. */
  readonly type: string;
  readonly candidates: readonly (string | null)[];
}

/** Values by column for one row; the first candidates where nothing passes. */
export type Row = Map<string, string | null>;

/** The server's answers by question: the tables of one migration are mostly those of the next one. */
export type Solved = Map<string, readonly number[] | undefined>;

/** A row of the options that passes the checks. */
export async function solve(session: Session, options: readonly Options[], checks: readonly CheckShape[], solved: Solved): Promise<Row> {
  const row: Row = new Map(options.map(({ column, candidates }) => [column, candidates[0] ?? null]));
  const groups = groupsOf(options, checks).map((group) => ({ options: group.options, query: problemQuery(group) }));
  const open = groups.map(({ query }) => query).filter((query) => !solved.has(query));
  if (open.length > 0) (await answer(session, open)).forEach((picked, i) => solved.set(open[i] as string, picked));
  for (const { options: own, query } of groups) {
    solved.get(query)?.forEach((index, place) => {
      const { column, candidates } = own[place] as Options;
      row.set(column, candidates[index] ?? null);
    });
  }
  return row;
}

interface Group {
  readonly options: readonly Options[];
  readonly checks: readonly CheckShape[];
}

/** Columns that share a check are chosen together. */
function groupsOf(options: readonly Options[], checks: readonly CheckShape[]): Group[] {
  const groups: { names: Set<string>; checks: CheckShape[] }[] = [];
  for (const check of checks) {
    const tied = groups.filter(({ names }) => check.columns.some((name) => names.has(name)));
    const merged = {
      names: new Set([...check.columns, ...tied.flatMap(({ names }) => [...names])]),
      checks: [check, ...tied.flatMap((group) => group.checks)],
    };
    groups.splice(0, groups.length, ...groups.filter((group) => !tied.includes(group)), merged);
  }
  return groups.flatMap(({ names, checks: own }) => {
    const chosen = options.filter(({ column }) => names.has(column));
    // A column that the server fills cannot be chosen, and a check on it not be asked beforehand.
    return chosen.length === names.size && chosen.length > 0 ? [{ options: limited(chosen), checks: own }] : [];
  });
}

/** At most some thousand combinations; where one has to go, null stays. */
function limited(options: readonly Options[]): Options[] {
  const most = Math.max(2, Math.floor(4096 ** (1 / options.length)));
  return options.map((option) => {
    const { candidates } = option;
    if (candidates.length <= most) return option;
    const kept = candidates.slice(0, most);
    return { ...option, candidates: candidates.includes(null) && !kept.includes(null) ? [...kept.slice(0, -1), null] : kept };
  });
}

const index = '"pgsteward index"';

function problemQuery({ options, checks }: Group): string {
  const lists = options.map(({ column, type, candidates }, i) => {
    const values = candidates.map((value, at) => `(${at}, ${value === null ? "null" : literal(value)}::${type})`);
    return `(values ${values.join(", ")}) as t${i} (${index}, ${quoteIdentifier(column)})`;
  });
  const picked = options.map((_, i) => `t${i}.${index}`);
  const conditions = checks.map(({ expression }) => `(${expression}) is not false`);
  return `select array[${picked.join(", ")}]::pg_catalog.int4[] as picked from ${lists.join(" cross join ")}
    where ${conditions.join(" and ")} order by ${picked.join(" + ")} limit 1`;
}

/** All in one message; where one of them fails, each by itself, and those that fail have no answer. */
async function answer(session: Session, queries: readonly string[]): Promise<(readonly number[] | undefined)[]> {
  const together = await ask(session, queries);
  if (together) return together;
  const answers: (readonly number[] | undefined)[] = [];
  for (const query of queries) answers.push((await ask(session, [query]))?.[0]);
  return answers;
}

async function ask(session: Session, queries: readonly string[]): Promise<(readonly number[] | undefined)[] | undefined> {
  const answered = await attempt(session, queries.join(";\n"));
  return "failed" in answered ? undefined : answered.results.map(({ rows }) => rows[0]?.["picked"] as number[] | undefined);
}
