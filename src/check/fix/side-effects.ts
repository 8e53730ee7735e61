/** What a transaction changed in which table, told by the server's own counters: triggers and cascades show up here. */
import type { Session } from "../../core/engine.ts";
import { sql } from "../../core/sql.ts";

/** Rows of one table that a transaction is meant to write. */
export interface Expected {
  readonly inserted: number;
  readonly updated: number;
  readonly deleted: number;
}

interface Changed extends Expected {
  readonly root: number;
  readonly name: string;
}

/** Remembers where the counters stand: they also hold what earlier transactions of the session have not reported yet. */
export async function startCounting(session: Session): Promise<void> {
  await session.script(`
    create temporary table pgsteward_counted on commit drop as
    select s.relid, s.n_tup_ins, s.n_tup_upd, s.n_tup_del from pg_catalog.pg_stat_xact_user_tables s`);
}

/** What was written beyond `expected`, in words. Tables of ours and temporary ones do not count. */
export async function sideEffects(session: Session, expected: ReadonlyMap<number, Expected>): Promise<readonly string[]> {
  const { rows } = await session.query<Changed>(sql`
    select r.root, format('%s.%s', n.nspname, c.relname) as name,
      sum(r.inserted)::float8 as inserted, sum(r.updated)::float8 as updated, sum(r.deleted)::float8 as deleted
    from (
      select coalesce(pg_catalog.pg_partition_root(s.relid), s.relid)::oid as root,
        s.n_tup_ins - coalesce(b.n_tup_ins, 0) as inserted,
        s.n_tup_upd - coalesce(b.n_tup_upd, 0) as updated,
        s.n_tup_del - coalesce(b.n_tup_del, 0) as deleted
      from pg_catalog.pg_stat_xact_user_tables s
      left join pg_temp.pgsteward_counted b on b.relid = s.relid
    ) r
    join pg_catalog.pg_class c on c.oid = r.root
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname <> 'pgsteward' and n.oid <> pg_catalog.pg_my_temp_schema() and r.inserted + r.updated + r.deleted > 0
    group by r.root, n.nspname, c.relname
    order by n.nspname, c.relname`);
  return rows.flatMap((row) => {
    const beyond = beyondOf(row, expected.get(row.root) ?? { inserted: 0, updated: 0, deleted: 0 });
    return beyond === "" ? [] : [`${row.name}: ${beyond}`];
  });
}

/** A row that moves to another partition counts as deleted and inserted. */
function beyondOf(actual: Expected, expected: Expected): string {
  const moved = Math.min(actual.inserted - expected.inserted, actual.deleted - expected.deleted, expected.updated - actual.updated);
  const shift = Math.max(0, moved);
  const beyond = [
    [actual.inserted - expected.inserted - shift, "inserted"],
    [actual.updated - expected.updated + shift, "updated"],
    [actual.deleted - expected.deleted - shift, "deleted"],
  ] as const;
  return beyond
    .filter(([rows]) => rows !== 0)
    .map(([rows, what]) => `${rows > 0 ? "" : "not "}${Math.abs(rows)} ${what}`)
    .join(", ");
}
