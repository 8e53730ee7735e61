/** What the ledger keeps of a filling: all that its rows can be computed from again. */
import type { Session } from "../../core/engine.ts";
import { sha256 } from "../../core/hash.ts";
import { isLedgerAbsent } from "../../core/ledger.ts";
import { sql } from "../../core/sql.ts";
import type { Shape, TableShape } from "./shape.ts";
import { generatorVersion } from "./version.ts";
import type { Request } from "./want.ts";

/** `pgsteward.seed_run.spec`. */
export interface Filling extends Request {
  readonly generatorVersion: number;
  /** How many numbers of a table's keys were taken, by its id; only where there were some. */
  readonly offsets: Readonly<Record<string, number>>;
  /** Of what the values of keys depend on. */
  readonly keysHash: string;
}

export interface FillingRecord {
  readonly id: bigint;
  readonly hash: string;
  readonly filling: Filling;
}

/** The same for the same rows: without what the tables held before. */
export function requestHash(request: Request): string {
  const { seed, skew, root, rows, columns } = request;
  const sorted = (record: object): unknown => Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1));
  return sha256(JSON.stringify([generatorVersion, seed, skew, root, sorted(rows), sorted(columns)]));
}

/** Of the columns, keys and checks of these tables; types by their names. */
export function keysHash({ tables, types }: Shape, ids: readonly string[]): string {
  const facts = ({ id, columns, keys, uniques, checks }: TableShape): unknown => [
    id,
    columns.map(({ name, type, modifier, notNull }) => [name, types.get(type)?.name, modifier, notNull]),
    keys.map(({ columns: own, table, refers }) => [own, table, refers]),
    uniques.map((unique) => [unique.columns, unique.expressions, unique.predicate]),
    checks.map(({ expression }) => expression),
  ];
  return sha256(JSON.stringify(tables.filter(({ id }) => ids.includes(id)).map(facts)));
}

/** The fillings in force, the newest first. */
export async function readRecords(session: Session): Promise<readonly FillingRecord[]> {
  try {
    const { rows } = await session.query<FillingRecord>(sql`
      select r.id, r.hash, r.spec as filling from pgsteward.seed_run r
      where r.seeder = 'fill' and r.state = 'applied' and r.spec is not null order by r.id desc`);
    return rows;
  } catch (error) {
    if (isLedgerAbsent(error)) return [];
    throw error;
  }
}

/** Records a filling where it is not recorded yet, and adds what was inserted; in the transaction that inserts. */
export async function recordFilling(session: Session, filling: Filling, shape: Shape, profile: string, inserted: number): Promise<void> {
  const hash = requestHash(filling);
  const { count } = await session.query(sql`
    update pgsteward.seed_run set inserted = inserted + ${inserted}
    where id = (select max(r.id) from pgsteward.seed_run r where r.seeder = 'fill' and r.hash = ${hash} and r.state = 'applied')`);
  if (count > 0) return;
  const tables = shape.tables.filter(({ id }) => filling.rows[id] !== undefined);
  const columns = Object.fromEntries(
    tables.map(({ schema, name, columns }) => [`${schema}.${name}`, { columns: columns.map((column) => column.name), filled: null }]),
  );
  await session.query(sql`
    insert into pgsteward.seed_run (run_id, seeder, profile, hash, shape, generator_version, spec, inserted, state)
    select (select max(r.id) from pgsteward.run r where r.backend_pid = pg_catalog.pg_backend_pid() and r.result = 'running'),
      'fill', ${profile}, ${hash}, ${JSON.stringify(columns)}, ${generatorVersion}, ${JSON.stringify(filling)}, ${inserted}, 'applied'`);
}
