/** Whether replaced values pass the checks of their table: the server evaluates them, on values that no table holds. */
import type { Session } from "../../core/engine.ts";
import { asStewardError, failure, sqlstate } from "../../core/errors.ts";
import { literal, quoteIdentifier } from "../../core/sql.ts";
import { seedErrors } from "../errors.ts";
import { fixedText } from "./replace.ts";
import type { Ruling } from "./rules.ts";
import { type SnapshotColumn, type SnapshotTable, shortName } from "./shape.ts";

/** Takes rows as texts, in the order of `columns`. Errors: SEED_SNAPSHOT_CHECK. */
export type CheckRows = (rows: readonly (readonly (string | null)[])[]) => Promise<void>;

/** Undefined where no check of the table and no domain looks at a replaced column. */
export function checkerOf(
  session: Session,
  table: SnapshotTable,
  columns: readonly SnapshotColumn[],
  replaced: ReadonlySet<string>,
): CheckRows | undefined {
  const checks = table.checks.filter((check) => check.columns.some((name) => replaced.has(name)));
  const domains = columns.filter(({ name, domain }) => domain && replaced.has(name));
  const used = columns.filter(
    ({ name }) => domains.some((one) => one.name === name) || checks.some((check) => check.columns.includes(name)),
  );
  // A column that comes in a later file is null until then, and a row without it says nothing of the check.
  const decidable = checks.filter((check) => check.columns.every((name) => used.some((column) => column.name === name)));
  if (decidable.length === 0 && domains.length === 0) return undefined;
  const statement = statementOf(used, decidable);
  return async (rows) => {
    const values = used.map((column) => rows.map((row) => row[columns.indexOf(column)] ?? null));
    const refused = await ask(session, statement, values);
    if (refused === undefined) return;
    const names = used.filter(({ name }) => replaced.has(name)).map(({ name }) => name);
    throw failure(seedErrors, "SEED_SNAPSHOT_CHECK", { table: shortName(table), check: refused, columns: names.join(", ") });
  };
}

function statementOf(used: readonly SnapshotColumn[], checks: SnapshotTable["checks"]): string {
  const given = used.map((_, i) => `pg_catalog.unnest($${i + 1}::pg_catalog.text[])`).join(", ");
  const names = used.map((_, i) => `c${i + 1}`).join(", ");
  const typed = used.map(({ name, type }, i) => `c${i + 1}::${type} as ${quoteIdentifier(name)}`).join(", ");
  const refused = checks.map(({ name, expression }) => `when not (${expression}) then ${literal(name)}`).join(" ");
  // Of the count every value is computed, also one that only its domain looks at.
  return `select pg_catalog.min(${checks.length === 0 ? "null::pg_catalog.text" : `case ${refused} end`}) as refused, pg_catalog.count(replaced) as rows
    from (select ${typed} from rows from (${given}) as given(${names}) offset 0) as replaced`;
}

async function ask(session: Session, statement: string, values: readonly unknown[]): Promise<string | undefined> {
  try {
    const { rows } = await session.query<{ refused: string | null }>(statement, values);
    return rows[0]?.refused ?? undefined;
  } catch (error) {
    if (sqlstate(error) !== "23514") throw error;
    const { data, message } = asStewardError(error);
    return (data["constraint"] as string | undefined) ?? message;
  }
}

/** Whether columns take what is fixed for them. Errors: SEED_SNAPSHOT_RULE_INVALID. */
export async function checkFixed(session: Session, { replaced }: Ruling, source: string): Promise<void> {
  for (const ruled of [...replaced.values()].flatMap((rules) => [...rules.values()])) {
    if (typeof ruled.rule !== "object") continue;
    const { column, table, rule } = ruled;
    const name = `${shortName(table)}.${column.name}`;
    const value = fixedText(rule.fixed, column.array);
    const problem = `${name} does not take ${JSON.stringify(rule.fixed)}`;
    // A cast cuts a text that is too long; an INSERT refuses it.
    if (column.limit !== null && (value ?? "").length > column.limit)
      throw failure(seedErrors, "SEED_SNAPSHOT_RULE_INVALID", { source, problem }, { hint: `it takes ${column.limit} characters` });
    try {
      await session.transaction((inside) => inside.query(`select $1::pg_catalog.text::${column.type} is null`, [value]));
    } catch (cause) {
      if (!/^(22|23)/.test(sqlstate(cause) ?? "")) throw cause;
      throw failure(seedErrors, "SEED_SNAPSHOT_RULE_INVALID", { source, problem }, { cause, hint: asStewardError(cause).message });
    }
  }
}
