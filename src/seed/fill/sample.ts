/** Sample rows, tried on the server before anything is loaded: what no rule here understands is decided by PostgreSQL. */
import type { Session } from "../../core/engine.ts";
import { failure, sqlstate, StewardError } from "../../core/errors.ts";
import { quoteIdentifier } from "../../core/sql.ts";
import type { NamedCheck, Types } from "../../core/type-shapes.ts";
import { seedErrors } from "../errors.ts";
import { samplesOf } from "./columns.ts";
import { compile, type ParseExpression } from "./expression.ts";
import { textsOf } from "./rows.ts";
import type { FilledTable } from "./table.ts";

/** Reads only. Errors: SEED_FILL_CHECK. */
export async function trySamples(session: Session, tables: readonly FilledTable[], types: Types, parse: ParseExpression): Promise<void> {
  for (const table of tables) {
    const checks = table.shape.checks.map((check) => ({ check, columns: columnsIn(check, table, parse) }));
    const readable = checks.filter(({ columns }) => columns.every((name) => table.columns.some(({ shape }) => shape.name === name)));
    const hasDomains = table.columns.some(({ shape }) => types.get(shape.type)?.kind === "d");
    if (table.rows > 0 && (readable.length > 0 || hasDomains)) await tryTable(session, table, readable, types);
  }
}

function columnsIn({ expression }: NamedCheck, table: FilledTable, parse: ParseExpression): readonly string[] {
  const found = new Set<string>();
  compile(parse(expression), new Map(table.shape.columns.map(({ name }) => [name, "other"])), found);
  return [...found];
}

interface Tried {
  readonly check: NamedCheck;
  readonly columns: readonly string[];
}

async function tryTable(session: Session, table: FilledTable, checks: readonly Tried[], types: Types): Promise<void> {
  const places = table.columns.map((_, i) => i);
  const rows = samplesOf(table.rows, 60).map((row) => textsOf(table, places, row));
  const names = table.columns.map(({ shape }) => quoteIdentifier(shape.name));
  const typed = table.columns.map(({ shape }) => `r.${quoteIdentifier(shape.name)}::${types.get(shape.type)?.sql}`);
  const counts = checks.map(({ check }) => `(count(*) filter (where (${check.expression}) is false))::pg_catalog.int4`);
  const statement = `
    select array[${counts.join(", ")}]::pg_catalog.int4[] as failed
    from (
      select ${typed.map((value, i) => `${value} as ${names[i]}`).join(", ")}
      from rows from (${places.map((place) => `pg_catalog.unnest($${place + 1}::pg_catalog.text[])`).join(", ")}) r (${names.join(", ")})
    ) ${quoteIdentifier(table.shape.name)}`;
  try {
    const { rows: answers } = await session.query<{ failed: number[] }>(
      statement,
      places.map((place) => rows.map((row) => row[place] ?? null)),
    );
    const failed = checks[(answers[0]?.failed ?? []).findIndex((count) => count > 0)];
    if (failed) throw refused(table, failed.check.name, failed.columns, failed.check.expression);
  } catch (error) {
    if (!StewardError.is(error) || error.code !== "SQL_ERROR" || !/^2[23]/.test(sqlstate(error) ?? "")) throw error;
    const constraint = (error.data["constraint"] as string | undefined) ?? error.message;
    throw refused(
      table,
      constraint,
      table.shape.columns.filter(({ type }) => types.get(type)?.kind === "d").map(({ name }) => name),
      error.message,
      error,
    );
  }
}

function refused({ shape }: FilledTable, constraint: string, columns: readonly string[], detail: string, cause?: unknown): StewardError {
  const data = { table: `${shape.schema}.${shape.name}`, constraint, columns: columns.join(", "), column: columns[0] ?? "…" };
  return failure(seedErrors, "SEED_FILL_CHECK", data, { detail, ...(cause === undefined ? {} : { cause }) });
}
