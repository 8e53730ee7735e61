/** Rows of the application that refer to generated ones: deleting those would fail, or take them along. */
import type { Session } from "../../core/engine.ts";
import { failure } from "../../core/errors.ts";
import { quoteIdentifier, sql } from "../../core/sql.ts";
import { seedErrors } from "../errors.ts";
import { count } from "../words.ts";

export interface Deletion {
  /** The table, as SQL. */
  readonly table: string;
  /** A table of the keys of the rows that go, as SQL. */
  readonly staged: string;
  /** Columns of the key. */
  readonly key: readonly string[];
  /** Tables whose generated rows are still there, as SQL: in a circle they go later. */
  readonly later: readonly string[];
}

interface Reference {
  readonly name: string;
  readonly child: string;
  readonly columns: readonly string[];
  readonly refers: readonly string[];
  readonly self: boolean;
}

/** Errors: SEED_ROWS_REFERENCED. */
export async function refuseReferring(session: Session, deletion: Deletion): Promise<void> {
  const lines: string[] = [];
  for (const reference of await referencesTo(session, deletion)) {
    const rows = await countReferring(session, deletion, reference);
    if (rows > 0) lines.push(`${count(rows, "row")} of ${reference.child} by ${reference.columns.join(", ")} (${reference.name})`);
  }
  if (lines.length > 0) throw failure(seedErrors, "SEED_ROWS_REFERENCED", {}, { detail: lines.join("\n") });
}

async function referencesTo(session: Session, { table, later }: Deletion): Promise<readonly Reference[]> {
  const { rows } = await session.query<Reference>(sql`
    select c.conname as name, c.conrelid::pg_catalog.regclass::text as child, c.conrelid = c.confrelid as self,
      array(select a.attname::text from pg_catalog.unnest(c.conkey) with ordinality k (n, i)
        join pg_catalog.pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.n order by k.i) as columns,
      array(select a.attname::text from pg_catalog.unnest(c.confkey) with ordinality k (n, i)
        join pg_catalog.pg_attribute a on a.attrelid = c.confrelid and a.attnum = k.n order by k.i) as refers
    from pg_catalog.pg_constraint c
    where c.contype = 'f' and c.conparentid = 0 and c.confrelid = ${table}::pg_catalog.regclass
      and c.conrelid <> all (${later}::pg_catalog.regclass[])`);
  return rows;
}

async function countReferring(session: Session, { table, staged, key }: Deletion, reference: Reference): Promise<number> {
  const equal = (left: string, columns: readonly string[], right: string, others: readonly string[]): string =>
    columns.map((name, i) => `${left}.${quoteIdentifier(name)} = ${right}.${quoteIdentifier(others[i] ?? "")}`).join(" and ");
  const itself = reference.self ? `and not exists (select from ${staged} o where ${equal("o", key, "c", key)})` : "";
  const { rows } = await session.query<{ n: number }>(`
    select count(*)::int as n from ${reference.child} c
    join ${table} t on ${equal("c", reference.columns, "t", reference.refers)} join ${staged} s on ${equal("s", key, "t", key)}
    where true ${itself}`);
  return rows[0]?.n ?? 0;
}
