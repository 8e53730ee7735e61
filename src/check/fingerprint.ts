/** Fingerprint of a table's rows, whatever their order: equal before and after means that nothing changed. */
import type { Session } from "../core/engine.ts";
import { sqlstate } from "../core/errors.ts";
import { Raw, sql } from "../core/sql.ts";
import { nameOf, type Table } from "./schema.ts";
import { quoteTable } from "./words.ts";

export interface Fingerprint {
  readonly table: string;
  readonly rows: number;
  /** How many rows, the sum of their hashes and their xor: two equal rows cancel each other in the xor alone. */
  readonly fingerprint: string;
}

/** Hashing the record takes half the time of hashing its text, but json, vector and some others have no hash. */
export async function fingerprint(session: Session, table: Table): Promise<Fingerprint> {
  try {
    return await session.transaction((inner) => hash(inner, table, "pg_catalog.hash_record_extended(row_of_table, 0)"));
  } catch (error) {
    // undefined_function: a type without a hash.
    if (sqlstate(error) !== "42883") throw error;
    return hash(session, table, "pg_catalog.hashtextextended(row_of_table::pg_catalog.text, 0)");
  }
}

async function hash(session: Session, table: Table, of: string): Promise<Fingerprint> {
  const { rows } = await session.query<{ rows: number; sum: string; xor: string }>(sql`
    select count(*)::pg_catalog.float8 as rows, coalesce(sum(h), 0)::pg_catalog.text as sum,
      coalesce(bit_xor(h), 0)::pg_catalog.text as xor
    from (select ${new Raw(of)} as h from ${new Raw(quoteTable(table))} as row_of_table) hashes`);
  const { rows: counted = 0, sum = "0", xor = "0" } = rows[0] ?? {};
  return { table: nameOf(table), rows: counted, fingerprint: `${counted}:${sum}:${xor}` };
}
