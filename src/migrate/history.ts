/** The history: `pgsteward.migration` (what is in force) and `pgsteward.migration_event` (everything that ever happened). */
import type { Row, Session } from "../core/engine.ts";
import { isLedgerAbsent, refuseNewer } from "../core/ledger.ts";
import { literal } from "../core/sql.ts";
import type { MigrationFile } from "./file.ts";

/** A migration that is in force, or stands halfway. */
export interface HistoryRow {
  readonly name: string;
  readonly version: string;
  readonly hash: string;
  readonly upHash: string;
  readonly title: string | null;
  readonly description: string | null;
  /** The down section as it stood when it was applied. */
  readonly downSql: string | null;
  readonly downTransaction: boolean;
  readonly state: "applied" | "applying" | "reverting";
  /** Of each step that is done, while `state` is not `applied`. */
  readonly stepHashes: readonly string[];
  /** The step outside a transaction that was begun and not recorded as done. */
  readonly stepOpen: number | null;
  /** How far the open step came: a backfill's hash, rows and last key. */
  readonly stepState: readonly string[] | null;
  /** `up`, `baseline`, or `adopt:<tool>`. */
  readonly origin: string;
  readonly durationMs: number | null;
  readonly appliedAt: Date;
}

/** The last failure of a migration that has not succeeded since. */
export interface FailedAttempt {
  readonly name: string;
  readonly at: Date;
  readonly detail: { readonly code: string; readonly message: string };
}

export interface History {
  readonly rows: readonly HistoryRow[];
  readonly failures: readonly FailedAttempt[];
  /** Applied migrations that later were undone, by name. */
  readonly installed: boolean;
}

const columns = `m.name, m.version, m.hash, m.up_hash as "upHash", m.title, m.description, m.down_sql as "downSql",
  m.down_transaction as "downTransaction", m.state, m.step_hashes as "stepHashes", m.step_open as "stepOpen", m.step_state as "stepState", m.origin,
  m.duration_ms as "durationMs", m.applied_at as "appliedAt"`;

/** One message: the ledger's version, what is in force, what failed last. */
const look = `
  select max(version) as version from pgsteward.ledger_version;
  select ${columns} from pgsteward.migration m order by m.position;
  select e.name, e.occurred_at as at, e.detail
  from (select distinct on (name) name, action, occurred_at, detail from pgsteward.migration_event order by name, id desc) e
  where e.action = 'failed';`;

const none: History = { rows: [], failures: [], installed: false };

/** The history; empty where the ledger is not installed. Refuses a ledger of a newer release. One round trip. */
export async function readHistory(session: Session): Promise<History> {
  try {
    const [version, rows, failures] = await session.script(look);
    refuseNewer((version?.rows[0]?.["version"] as number | null) ?? null);
    const applied = (rows?.rows ?? []) as HistoryRow[];
    const done = new Set(applied.filter(({ state }) => state === "applied").map(({ name }) => name));
    return { rows: applied, failures: ((failures?.rows ?? []) as FailedAttempt[]).filter(({ name }) => !done.has(name)), installed: true };
  } catch (error) {
    if (!isLedgerAbsent(error)) throw error;
    await refuseNewerOf(session);
    return none;
  }
}

/** A newer ledger may have other tables; its version is asked for alone. */
async function refuseNewerOf(session: Session): Promise<void> {
  const { rows } = await session
    .query<{ version: number | null }>("select max(version) as version from pgsteward.ledger_version")
    .catch((error: unknown) => {
      if (isLedgerAbsent(error)) return { rows: [] };
      throw error;
    });
  refuseNewer(rows[0]?.version ?? null);
}

/** The run that this session began. Not looked up: a sub-select costs as much as the rest of a record (50 µs of 180). */
const currentRun = "currval('pgsteward.run_id_seq')";
/** The same for what is told from another session, after a lost one: we hold the lock, so it is the newest. */
const newestRun = "(select max(r.id) from pgsteward.run r)";
const elapsed = "(extract(epoch from clock_timestamp()) - nullif(current_setting('pgsteward.started', true), '')::float8) * 1000";

/** Records a file as applied, in SQL: it goes into the same message as the file's own statements (decision 0004). */
export function recordApplied(file: MigrationFile, origin = "up"): string {
  const values = [
    file.name,
    file.version,
    file.hash,
    file.upHash,
    file.title ?? null,
    file.description ?? null,
    file.down?.text ?? null,
  ].map(literal);
  const duration = origin === "up" ? elapsed : "null";
  return `insert into pgsteward.migration (name, version, hash, up_hash, title, description, down_sql, down_transaction, state, origin, run_id, duration_ms)
values (${values.join(", ")}, ${file.down?.transaction !== false}, 'applied', ${literal(origin)}, ${currentRun}, ${duration})
on conflict (name) do update set hash = excluded.hash, up_hash = excluded.up_hash, title = excluded.title, description = excluded.description,
  down_sql = excluded.down_sql, down_transaction = excluded.down_transaction, state = 'applied', step_hashes = '{}', step_open = null, step_state = null,
  run_id = excluded.run_id, duration_ms = excluded.duration_ms, applied_at = excluded.applied_at;`;
}

/** Puts a squashed baseline in the place of what it stands for; the events keep what was there. */
export function recordAbsorbed(file: MigrationFile, names: readonly string[]): string {
  const values = [file.name, file.version, file.hash, file.upHash, file.title ?? null, file.description ?? null].map(literal);
  return `with gone as (delete from pgsteward.migration where name in (${names.map(literal).join(", ")}) returning *),
noted as (insert into pgsteward.migration_event (name, action, hash, run_id, detail)
  select g.name, 'absorb', g.hash, ${currentRun}, jsonb_build_object('by', ${values[0]}::text, 'down', g.down_sql) from gone g)
insert into pgsteward.migration (name, version, hash, up_hash, title, description, state, origin, run_id, position, applied_at) overriding system value
select ${values.join(", ")}, 'applied', 'squash', ${currentRun}, max(g.position), max(g.applied_at) from gone g;`;
}

/** Takes a migration out of force and keeps what it was in the events. */
export function recordReverted(name: string): string {
  return `with gone as (delete from pgsteward.migration where name = ${literal(name)} returning *)
insert into pgsteward.migration_event (name, action, hash, run_id, detail, duration_ms)
select g.name, 'down', g.hash, ${currentRun}, to_jsonb(g) - 'down_sql', ${elapsed} from gone g;`;
}

/** Records that a file stands halfway, after `hashes.length` steps; `open` is the step that is begun outside a transaction. */
export function recordPartial(
  file: Pick<MigrationFile, "name" | "version" | "hash" | "upHash">,
  state: "applying" | "reverting",
  hashes: readonly string[],
  open: number | null,
  stepState: readonly string[] | null = null,
): string {
  const array = (texts: readonly string[]): string => `array[${texts.map(literal).join(", ")}]::text[]`;
  const reached = stepState === null ? "null" : array(stepState);
  return `insert into pgsteward.migration (name, version, hash, up_hash, state, step_hashes, step_open, step_state, run_id)
values (${[file.name, file.version, file.hash, file.upHash].map(literal).join(", ")}, '${state}', ${array(hashes)}, ${open ?? "null"}, ${reached}, ${currentRun})
on conflict (name) do update set state = '${state}', step_hashes = excluded.step_hashes, step_open = excluded.step_open,
  step_state = excluded.step_state, run_id = excluded.run_id;`;
}

/** Takes back what `recordPartial` said of a step that failed: it left nothing, so there is nothing in doubt. */
export function recordNothing(
  file: Pick<MigrationFile, "name" | "version" | "hash" | "upHash" | "repeatable">,
  state: "applying" | "reverting",
  hashes: readonly string[],
): string {
  if (hashes.length > 0) return recordPartial(file, state, hashes, null);
  const name = literal(file.name);
  if (state === "applying" && !file.repeatable) return `delete from pgsteward.migration where name = ${name};`;
  const kept = `update pgsteward.migration set state = 'applied', step_open = null where name = ${name};`;
  if (state === "reverting") return kept;
  // A repeatable that is in force keeps its row, with the hash of what ran: a row with the new hash is only the partial one.
  return `delete from pgsteward.migration where name = ${name} and up_hash = ${literal(file.upHash)}; ${kept}`;
}

export type EventAction = "absorb" | "failed" | "baseline" | "adopt" | "rebaseline" | "rename" | "forget" | "resolve";

export function recordEvent(name: string, action: EventAction, hash: string | null, detail: unknown): string {
  return `insert into pgsteward.migration_event (name, action, hash, run_id, detail)
values (${literal(name)}, '${action}', ${literal(hash)}, ${newestRun}, ${literal(JSON.stringify(detail))}::jsonb);`;
}

/** The clock that a step's duration is read from. */
export const startClock = "set_config('pgsteward.started', extract(epoch from clock_timestamp())::text, ";

/** Timeouts of a step's transaction, its clock, and what else the same SELECT does: one statement. */
export function stepSettings(lockTimeoutMs: number, statementTimeoutMs: number, more: readonly string[] = []): string {
  return `select ${[timeouts(lockTimeoutMs, statementTimeoutMs), `${startClock}true)`, ...more].join(", ")};`;
}

/** The same without the clock: for the transactions of a step that has several. */
export function recordSettings(lockTimeoutMs: number, statementTimeoutMs: number, more: readonly string[] = []): string {
  return `select ${[timeouts(lockTimeoutMs, statementTimeoutMs), ...more].join(", ")};`;
}

function timeouts(lockTimeoutMs: number, statementTimeoutMs: number): string {
  return `set_config('lock_timeout', '${lockTimeoutMs}', true), set_config('statement_timeout', '${statementTimeoutMs}', true)`;
}

/** One line of `migrate history`. */
export interface HistoryEvent {
  readonly name: string;
  readonly action: "up" | "down" | EventAction;
  readonly at: Date;
  readonly durationMs: number | null;
  readonly by: string | null;
  readonly detail: Row | null;
}

/** Everything that happened, oldest first. An `up` still in force is in `pgsteward.migration`, an undone one in its down event. */
export async function readEvents(session: Session): Promise<readonly HistoryEvent[]> {
  try {
    const { rows } = await session.query<HistoryEvent>(`
      with happened as (
        select m.name, 'up' as action, m.applied_at as at, m.duration_ms, m.run_id, jsonb_build_object('origin', m.origin) as detail
        from pgsteward.migration m where m.state = 'applied' and m.origin = 'up'
        union all
        select e.name, 'up', (e.detail->>'applied_at')::timestamptz, (e.detail->>'duration_ms')::int, (e.detail->>'run_id')::bigint, null
        from pgsteward.migration_event e where e.action = 'down' and e.detail->>'origin' = 'up'
        union all
        select e.name, e.action, e.occurred_at, e.duration_ms, e.run_id, case when e.action = 'down' then null else e.detail end
        from pgsteward.migration_event e)
      select h.name, h.action, h.at, h.duration_ms as "durationMs", r.actor || '@' || r.host as by, h.detail
      from happened h left join pgsteward.run r on r.id = h.run_id
      order by h.at, h.name`);
    return rows;
  } catch (error) {
    if (isLedgerAbsent(error)) return [];
    throw error;
  }
}
