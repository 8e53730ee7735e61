/** Loading beside rows that are there: into a temporary table, and from it what is not there yet. */
import type { Session } from "../../core/engine.ts";
import { id, quoteIdentifier } from "../../core/sql.ts";
import { copyInto } from "./copy.ts";
import type { RowSource } from "./source.ts";

export interface Loaded {
  readonly sent: number;
  readonly inserted: number;
}

/** Columns of `late` are inserted as null: `fillLate` sets them when the rows that they refer to are there. */
export async function loadStaged(session: Session, source: RowSource, late: readonly string[] = []): Promise<Loaded> {
  const table = id(source.schema, source.table).text;
  const stage = stageOf(source);
  const columns = source.columns.map(quoteIdentifier);
  await session.script(`create temporary table ${stage} on commit drop as select ${columns.join(", ")} from ${table} with no data`);
  const sent = await copyInto(session, source, { into: stage });
  const values = source.columns.map((name) => (late.includes(name) ? "null" : quoteIdentifier(name)));
  const { count } = await session.query(`
    insert into ${table} (${columns.join(", ")}) overriding system value
    select ${values.join(", ")} from ${stage} on conflict do nothing`);
  if (late.length === 0) await session.script(`drop table ${stage}`);
  return { sent, inserted: count };
}

/** Sets the columns that `loadStaged` left null; `key` tells which row is which. */
export async function fillLate(session: Session, source: RowSource, key: readonly string[], late: readonly string[]): Promise<void> {
  const same = key.map((name) => `t.${quoteIdentifier(name)} = s.${quoteIdentifier(name)}`).join(" and ");
  const sets = late.map((name) => `${quoteIdentifier(name)} = s.${quoteIdentifier(name)}`).join(", ");
  const open = late.map((name) => `t.${quoteIdentifier(name)} is null and s.${quoteIdentifier(name)} is not null`).join(" or ");
  await session.script(
    `update ${id(source.schema, source.table).text} t set ${sets} from ${stageOf(source)} s where ${same} and (${open})`,
  );
}

function stageOf(source: RowSource): string {
  return id("pg_temp", `pgsteward_${source.schema}_${source.table}`.slice(0, 60)).text;
}
