/** Where sequences stand: one that starts again gives out keys that are taken. */
import type { Session } from "../../../core/engine.ts";
import { attempt } from "../bench.ts";
import type { TableRows } from "./snapshot.ts";

const mine = "schemaname !~ '^pg_' and schemaname not in ('information_schema', 'pgsteward')";
const name = "pg_catalog.format('%I.%I', schemaname, sequencename)";

/** Draws from every sequence that nothing was drawn from, so that each has a position to lose. */
export async function advanceSequences(session: Session): Promise<void> {
  const advance = `select pg_catalog.nextval(${name}::pg_catalog.regclass) from pg_catalog.pg_sequences where last_value is null and ${mine}`;
  await attempt(session, advance);
}

export interface Position {
  readonly name: string;
  readonly at: string | null;
  /** -1 for a sequence that counts down. */
  readonly step: number;
  /** The column that it fills, where it belongs to one. */
  readonly table: string | null;
  readonly column: string | null;
}

export async function readPositions(session: Session): Promise<readonly Position[]> {
  const { rows } = await session.query<Position>(`
    select ${name} as name, s.last_value::pg_catalog.text as at, pg_catalog.sign(s.increment_by::pg_catalog.float8) as step,
      o.table, o.column
    from pg_catalog.pg_sequences s
      left join lateral (
        select pg_catalog.format('%I.%I', n.nspname, t.relname) as table, a.attname::pg_catalog.text as column
        from pg_catalog.pg_depend d
          join pg_catalog.pg_class t on t.oid = d.refobjid
          join pg_catalog.pg_namespace n on n.oid = t.relnamespace
          join pg_catalog.pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
        where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = ${name}::pg_catalog.regclass
          and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjsubid > 0 and d.deptype in ('a', 'i')) o on true
    where ${mine}
    order by 1`);
  return rows;
}

/** Sequences that stand before where they stood; those of a column, before the values that are in it. */
export function setBack(before: readonly Position[], after: readonly Position[], rows: readonly TableRows[]): string[] {
  const now = new Map(after.map((position) => [position.name, position]));
  return before.flatMap((position) => {
    const then = now.get(position.name);
    if (!then || position.at === null) return [];
    const taken = then.table === null ? [Number(position.at)] : valuesOf(then, rows);
    return taken.some((value) => then.at === null || (value - Number(then.at)) * then.step > 0) ? [position.name] : [];
  });
}

function valuesOf({ table, column }: Position, rows: readonly TableRows[]): number[] {
  const found = rows.find((each) => each.table === table);
  const place = found?.columns.indexOf(column ?? "") ?? -1;
  return place < 0 ? [] : (found?.rows ?? []).flatMap((row) => (row[place] == null ? [] : [Number(row[place])]));
}
