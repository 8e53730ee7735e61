/** What reaches beyond the database: roles, databases, tablespaces. Never committed on a server that is not ours alone. */
import type { Session } from "../../core/engine.ts";
import { sqlstate } from "../../core/errors.ts";
import type { Statement } from "../../core/sql-text.ts";

const nouns = ["ROLE", "USER", "GROUP", "DATABASE", "TABLESPACE", "SYSTEM"];

/** True for a statement that does nothing else. What hides in a DO block is told by `sharedWrites`. */
export function isShared({ tokens }: Statement): boolean {
  const [first = "", second = "", third = "", ...rest] = tokens.filter(({ kind }) => kind === "word").map(({ value }) => value);
  if (first === "ALTER" || first === "DROP") return nouns.includes(second) && third !== "MAPPING";
  if (first === "COMMENT") return nouns.includes(third);
  if (first !== "GRANT" && first !== "REVOKE") return false;
  const words = [second, third, ...rest];
  const on = words.indexOf("ON");
  return on < 0 || ["DATABASE", "TABLESPACE", "PARAMETER"].includes(words[on + 1] ?? "");
}

export interface SharedWrites {
  readonly newRoles: number;
  readonly others: number;
}

/** How often this transaction wrote to what databases share; the list of who depends on whom apart. */
export async function sharedWrites(session: Session): Promise<SharedWrites> {
  const { rows } = await session.query<{ newRoles: number; all: number }>(`
    select coalesce(sum(w.inserted) filter (where w.relname = 'pg_authid'), 0)::int4 as "newRoles", sum(w.inserted + w.changed)::int4 as all
    from (
      select c.relname, pg_catalog.pg_stat_get_xact_tuples_inserted(c.oid) as inserted,
        pg_catalog.pg_stat_get_xact_tuples_updated(c.oid) + pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid) as changed
      from pg_catalog.pg_class c where c.relisshared and c.relkind = 'r' and c.relname <> 'pg_shdepend') w`);
  const { newRoles = 0, all = 0 } = rows[0] ?? {};
  return { newRoles, others: all - newRoles };
}

/** Roles that this transaction made or renamed; undefined without the right to see it. */
export async function ownRoles(session: Session): Promise<readonly string[] | undefined> {
  try {
    const { rows } = await session.query<{ name: string }>(`
      select a.rolname as name from pg_catalog.pg_authid a
      where pg_catalog.pg_xact_status(((pg_catalog.pg_current_xact_id()::text::int8 >> 32 << 32) + a.xmin::text::int8)::text::xid8) = 'in progress'`);
    return rows.map(({ name }) => name);
  } catch (error) {
    if (sqlstate(error) !== "42501") throw error;
    return undefined;
  }
}
