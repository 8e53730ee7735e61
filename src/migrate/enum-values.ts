/**
 * Values that ALTER TYPE … ADD VALUE gives an enum cannot be used before the transaction commits (55P04), and a bench never does:
 * up to PostgreSQL 16 at all, later inside a savepoint. There the value is put in again by hand, which the server does not keep
 * watch on. The files themselves run each in a transaction of its own.
 */
import type { Session } from "../core/engine.ts";
import { literal } from "../core/sql.ts";
import type { Segment } from "./segments.ts";
import { addedEnumValue } from "./statements.ts";

/** A segment cut behind every statement that adds a value. */
export function cutAtValues(segment: Segment): readonly Segment[] {
  const { statements, text, offset } = segment;
  const ends = statements.flatMap((statement) => (addedEnumValue(statement) ? [statement.end] : []));
  const cuts = [offset, ...ends, offset + text.length];
  if (segment.bare !== undefined || ends.length === 0) return [segment];
  return cuts.slice(1).map((end, i) => {
    const start = cuts[i] as number;
    const own = statements.filter((statement) => statement.start >= start && statement.end <= end);
    return { ...segment, statements: own, offset: start, text: text.slice(start - offset, end - offset) };
  });
}

/** Makes the value that the last statement of a segment adds usable; without superuser it stays as it is. */
export async function freeValue(session: Session, { statements }: Segment): Promise<void> {
  const last = statements.at(-1);
  const added = last && addedEnumValue(last);
  if (!added) return;
  // Odd oids are compared by their sort order, even ones by themselves.
  const oid = "pg_catalog.pg_nextoid('pg_catalog.pg_enum', 'oid', 'pg_catalog.pg_enum_oid_index')";
  const again = `
    with gone as (
      delete from pg_catalog.pg_enum e using pg_catalog.pg_type t
      where t.oid = e.enumtypid and t.typname = ${literal(added.type)} and e.enumlabel = ${literal(added.value)}
      returning e.enumtypid, e.enumsortorder, e.enumlabel)
    insert into pg_catalog.pg_enum (oid, enumtypid, enumsortorder, enumlabel)
    select (select o from (select ${oid} as o from pg_catalog.generate_series(1, 16)) n where o::pg_catalog.int8 % 2 = 1 limit 1),
      enumtypid, enumsortorder, enumlabel
    from gone`;
  await session.script("savepoint pgsteward_value");
  try {
    await session.script(`${again}; release savepoint pgsteward_value`);
  } catch {
    await session.script("rollback to savepoint pgsteward_value; release savepoint pgsteward_value");
  }
}
