/** Users' triggers on the tables that a fix touches: they fire, or are switched off for the transaction. */
import type { Session } from "../../core/engine.ts";
import { type Finding, finding } from "../../core/finding.ts";
import { id, sql } from "../../core/sql.ts";

export interface Trigger {
  readonly schema: string;
  readonly table: string;
  readonly root: number;
  readonly name: string;
  /** ENABLE ALWAYS. */
  readonly always: boolean;
  readonly events: readonly ("insert" | "update" | "delete")[];
}

/** Enabled ones of these tables and of their partitions. */
export async function readTriggers(session: Session, roots: readonly number[]): Promise<readonly Trigger[]> {
  const { rows } = await session.query<Trigger>(sql`
    select n.nspname as schema, c.relname as table, coalesce(pg_catalog.pg_partition_root(c.oid), c.oid)::oid as root, t.tgname as name,
      t.tgenabled = 'A' as always,
      array_remove(array[case when t.tgtype & 4 > 0 then 'insert' end, case when t.tgtype & 16 > 0 then 'update' end,
        case when t.tgtype & 8 > 0 then 'delete' end], null) as events
    from pg_catalog.pg_trigger t
    join pg_catalog.pg_class c on c.oid = t.tgrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where not t.tgisinternal and t.tgenabled in ('O', 'A')
      and coalesce(pg_catalog.pg_partition_root(c.oid), c.oid) = any (${roots}::oid[])
    order by n.nspname, c.relname, t.tgname`);
  return rows;
}

/** Switches them off; answers with what switches them on again, as they were. Takes SHARE ROW EXCLUSIVE locks: writers wait. */
export async function withoutTriggers(session: Session, triggers: readonly Trigger[]): Promise<() => Promise<void>> {
  const alter = (verb: (trigger: Trigger) => string): Promise<unknown> =>
    session.script(
      triggers.map((one) => `alter table only ${id(one.schema, one.table).text} ${verb(one)} trigger ${id(one.name).text};`).join("\n"),
    );
  if (triggers.length === 0) return async () => undefined;
  await alter(() => "disable");
  return async () => void (await alter(({ always }) => (always ? "enable always" : "enable")));
}

/** What the reader of a plan has to know of them. */
export function triggersTold(triggers: readonly Trigger[], off: boolean): readonly Finding[] {
  const tables = Map.groupBy(triggers, ({ schema, table }) => `${schema}.${table}`);
  return [...tables].map(([table, own]) => {
    const names = own.map(({ name, events }) => `${name} (${events.join(", ")})`).join(", ");
    return off
      ? finding("info", "CHECK_TRIGGERS_OFF", `table ${table}`, `its triggers are switched off for the transaction: ${names}`)
      : finding(
          "warning",
          "CHECK_TRIGGERS_FIRE",
          `table ${table}`,
          `its triggers fire: ${names}; where they change rows that the plan does not name, everything is rolled back`,
          "--without-triggers switches them off for the transaction",
        );
  });
}
