/** The taken rows as they were, into `pgsteward.quarantine`: on the server, by INSERT … SELECT, table by table. */
import type { Session } from "../../core/engine.ts";
import type { Progress } from "../../core/events.ts";
import { id, sql } from "../../core/sql.ts";
import { isPartitioned, primaryKey, readRelations, type Relation } from "./relations.ts";
import { textsOf, withFormats } from "./row-text.ts";

/** The rows of one relation that holds rows itself: a table, or a partition of `root`. */
export interface Part {
  readonly oid: number;
  readonly schema: string;
  readonly table: string;
  readonly root: Relation;
  readonly removed: number;
  readonly changed: number;
}

/**
 * Numbers the taken rows, children before their parents, changed ones last: `pg_temp.pgsteward_work` follows them by tid
 * from here on. Answers with the relations that hold them.
 */
export async function numberRows(session: Session): Promise<readonly Part[]> {
  await session.script(`
    create temporary table pgsteward_work on commit drop as
    select pg_catalog.nextval('pgsteward.quarantine_id_seq') as id, o.rule, o.also, o.reference, o.action, o.root, o.part, o.tid
    from (select f.* from pg_temp.pgsteward_taken f order by f.action = 'changed', f.depth desc, f.rule, f.part, f.tid) o;
    create index on pgsteward_work (part, tid);
    create index on pgsteward_work (id);
    analyze pg_temp.pgsteward_work`);
  return readParts(session);
}

/** Where the rows are now: a row that was updated may have moved to another partition. */
async function readParts(session: Session): Promise<readonly Part[]> {
  const { rows } = await session.query<Omit<Part, "root"> & { root: number }>(sql`
    select w.part as oid, n.nspname as schema, c.relname as table, w.root,
      (count(*) filter (where w.action = 'removed'))::float8 as removed,
      (count(*) filter (where w.action = 'changed'))::float8 as changed
    from pg_temp.pgsteward_work w
    join pg_catalog.pg_class c on c.oid = w.part
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    group by w.part, n.nspname, c.relname, w.root
    order by min(w.id)`);
  const relations = await readRelations(session, [...new Set(rows.map(({ root }) => root))]);
  return rows.map((row) => ({ ...row, root: relations.get(row.root) as Relation }));
}

/** Stores the rows as they are. A partition's rows are stored as rows of their table, by the names of its columns. */
export async function storeRows(session: Session, parts: readonly Part[], rules: readonly string[], progress: Progress): Promise<number> {
  const total = parts.reduce((sum, { removed, changed }) => sum + removed + changed, 0);
  let stored = 0;
  await withFormats(session, async () => {
    for (const part of parts) {
      const { schema, table, columns } = part.root;
      const names = columns.map(({ name }) => name);
      const key = primaryKey(part.root)?.columns ?? [];
      const { count } = await session.query(sql`
        insert into pgsteward.quarantine
          (id, run_id, rule, schema_name, table_name, action, key_columns, key_values, column_names, column_values)
        overriding system value
        select w.id, pg_catalog.currval('pgsteward.run_id_seq'), array_to_string(array(select (${rules}::text[])[r.rule + 1] from unnest(w.rule || w.also) r (rule)), ', '), ${schema}, ${table}, w.action,
          ${key}::text[], ${textsOf("t", key)}, ${names}::text[], ${textsOf("t", names)}
        from pg_temp.pgsteward_work w
        join only ${id(part.schema, part.table)} t on t.ctid = w.tid
        where w.part = ${part.oid}::oid
        order by w.id`);
      stored += count;
      progress(stored, total, "rows");
    }
  });
  return stored;
}

/** Stores what the changed rows are now, by which an undo tells whether somebody changed them since. */
export async function storeNewValues(session: Session): Promise<number> {
  const parts = await readParts(session);
  let stored = 0;
  await withFormats(session, async () => {
    for (const { oid, schema, table, root, changed } of parts) {
      if (changed === 0) continue;
      const { count } = await session.query(sql`
        update pgsteward.quarantine q set new_values = ${textsOf(
          "t",
          root.columns.map(({ name }) => name),
        )}
        from pg_temp.pgsteward_work w
        join only ${id(schema, table)} t on t.ctid = w.tid
        where w.part = ${oid}::oid and w.action = 'changed' and q.id = w.id`);
      stored += count;
    }
  });
  return stored;
}

/** A table's rows that come out of `pgsteward_work`, by the columns `pgsteward_…`: no user's expression means these names. */
export const isAt = (relation: Relation): string =>
  isPartitioned(relation) ? "t.tableoid = w.pgsteward_part and t.ctid = w.pgsteward_tid" : "t.ctid = w.pgsteward_tid";
