/** What keeps a run from being true: rows that the role cannot see, a replica that shows the past. Refused, not judged. */
import type { Session } from "../core/engine.ts";
import { failure } from "../core/errors.ts";
import { checkErrors } from "./errors.ts";
import { nameOf, type Schema, type Table } from "./schema.ts";
import { quoteTable } from "./words.ts";

/** Errors: CHECK_BLIND. */
export function refuseBlind({ role, tables }: Schema): void {
  const hidden = tables.filter((table) => table.readable && table.hidden);
  if (hidden.length > 0) {
    const problem = `row level security hides rows of ${shown(hidden)} from it`;
    const hint = `run it as a role that sees them all: the tables' owner where row level security is not forced, or alter role ${role} bypassrls`;
    throw failure(checkErrors, "CHECK_BLIND", { role, problem, tables: hidden.map(nameOf) }, { hint });
  }
  const unreadable = tables.filter(({ readable }) => !readable);
  if (unreadable.length > 0) {
    const problem = `it may not read ${shown(unreadable)}`;
    const hint = `grant select on ${unreadable.length === 1 ? quoteTable(unreadable[0] as Table) : "them"} to ${role} (and usage on the schema), or look at some schemas only: --schema public`;
    throw failure(checkErrors, "CHECK_BLIND", { role, problem, tables: unreadable.map(nameOf) }, { hint });
  }
}

function shown(tables: readonly Table[]): string {
  const names = tables.slice(0, 5).map(nameOf).join(", ");
  return tables.length > 5 ? `${names} and ${tables.length - 5} more` : names;
}

export interface Replication {
  readonly replica: boolean;
  /** Null where a replica cannot say. */
  readonly lagMs: number | null;
}

/** A replica that has replayed all it received does not lag, however long ago the last transaction was; only while it receives. */
export async function readReplication(session: Session): Promise<Replication> {
  const { rows } = await session.query<Replication>(`
    select pg_catalog.pg_is_in_recovery() as replica,
      case when not pg_catalog.pg_is_in_recovery() then 0
        when exists (select from pg_catalog.pg_stat_wal_receiver)
          and pg_catalog.pg_last_wal_receive_lsn() = pg_catalog.pg_last_wal_replay_lsn() then 0
        else extract(epoch from pg_catalog.clock_timestamp() - pg_catalog.pg_last_xact_replay_timestamp()) * 1000
      end::pg_catalog.float8 as "lagMs"`);
  return rows[0] as Replication;
}

const tolerableLagMs = 30_000;

/** Errors: CHECK_REPLICA_LAG. */
export function refuseLag({ replica, lagMs }: Replication): void {
  if (!replica || (lagMs !== null && lagMs <= tolerableLagMs)) return;
  const lag = lagMs === null ? "an unknown time" : `${Math.round(lagMs / 1000)} s`;
  throw failure(checkErrors, "CHECK_REPLICA_LAG", { lag, lagMs });
}
