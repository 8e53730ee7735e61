/**
 * One pgsteward at a time changes a database: a session advisory lock, taken by polling `pg_try_advisory_lock`.
 *
 * A session that waits inside `pg_advisory_lock` is a running statement with a snapshot; CREATE INDEX CONCURRENTLY in
 * the holder waits for that snapshot, and the server answers 40P01 (measured: 2 of 3 runners died). A poller holds no
 * snapshot between its tries.
 */
import type { BlockerWatch } from "./apply.ts";
import type { Clock } from "./clock.ts";
import type { Engine, Row, Session } from "./engine.ts";
import { failure } from "./errors.ts";
import type { Listener } from "./events.ts";
import { sha256 } from "./hash.ts";
import { sql } from "./sql.ts";

export const lockErrors = {
  LOCK_HELD: {
    exit: 5,
    message: "another pgsteward is at work on this database: {holder}",
    hint: "wait for it and run again; --lock-wait 10m waits longer",
    when: "The advisory lock was not free within `lockWait`. The message says who holds it.",
  },
} as const;

/** `pgst` as an int4: the class of all our advisory locks. */
const lockClass = 0x70677374;

export function lockKey(name: string): number {
  return Number.parseInt(sha256(name).slice(0, 8), 16) | 0;
}

export interface LockOptions {
  readonly waitMs: number;
  readonly clock: Clock;
  readonly events: Listener;
  readonly signal?: AbortSignal | undefined;
}

/** Runs `body` while this session holds the lock `name`; gives up with LOCK_HELD after `waitMs`. */
export async function withLock<T>(session: Session, name: string, options: LockOptions, body: () => Promise<T>): Promise<T> {
  const key = lockKey(name);
  await acquire(session, key, options);
  try {
    return await body();
  } finally {
    // A session that died has given the lock back already.
    await session.query(sql`select pg_catalog.pg_advisory_unlock(${lockClass}::int4, ${key}::int4)`).catch(() => undefined);
  }
}

async function acquire(session: Session, key: number, { waitMs, clock, events, signal }: LockOptions): Promise<void> {
  const deadline = clock.now() + waitMs;
  let told = "";
  for (let pause = 25; ; pause = Math.min(pause * 1.6, 1000)) {
    const { rows } = await session.query<{ got: boolean }>(
      sql`select pg_catalog.pg_try_advisory_lock(${lockClass}::int4, ${key}::int4) as got`,
    );
    if (rows[0]?.got) return;
    const holder = await holderOf(session, key);
    if (clock.now() >= deadline) throw failure(lockErrors, "LOCK_HELD", { holder });
    // Told again when it is somebody else, or does something else; that time has passed is no news.
    const what = holder.replace(/ for \d+ s\b/, "");
    if (what !== told && pause > 100) events({ type: "wait", message: `waiting for ${holder}` });
    if (pause > 100) told = what;
    await clock.sleep(pause * (0.5 + clock.random()), signal);
  }
}

/** Who holds the lock, in words: `pid 4711 (pgsteward/migrate, deploy@10.0.0.7), active for 12 s: create index …`. */
async function holderOf(session: Session, key: number): Promise<string> {
  const { rows } = await session.query(sql`
    select a.pid, a.application_name, a.usename, a.client_addr::text, a.state, left(a.query, 80) as query,
      extract(epoch from clock_timestamp() - a.state_change)::int as seconds
    from pg_catalog.pg_locks l join pg_catalog.pg_stat_activity a using (pid)
    where l.locktype = 'advisory' and l.granted and l.objsubid = 2
      and l.classid = ${lockClass}::oid and l.objid = ${key >>> 0}::oid
      and l.database = (select d.oid from pg_catalog.pg_database d where d.datname = current_database())`);
  return rows[0] ? describeBackend(rows[0]) : "it has just finished";
}

/** A row of pg_stat_activity as one phrase. */
export function describeBackend(row: Row): string {
  const from = row["client_addr"] ? `@${row["client_addr"]}` : "";
  const doing = row["query"] ? `: ${String(row["query"]).replace(/\s+/g, " ").trim()}` : "";
  return `pid ${row["pid"]} (${row["application_name"] || "no application_name"}, ${row["usename"] ?? "?"}${from}), ${row["state"] ?? "?"} for ${row["seconds"]} s${doing}`;
}

/**
 * Watches, from a session of its own, who blocks the backend `pid`. The look must be taken while it waits: after the
 * lock timeout nothing tells any more whom it waited for.
 */
export async function watchBlockers(engine: Engine, pid: number, clock: Clock): Promise<BlockerWatch | undefined> {
  if (engine.abilities.sessions < 2) return undefined;
  const monitor = await engine.session({ room: "monitor" });
  let seen: string | undefined;
  const stop = new AbortController();
  const watching = (async () => {
    while (!stop.signal.aborted) {
      const { rows } = await monitor.query(sql`
        select a.pid, a.application_name, a.usename, a.client_addr::text, a.state, left(a.query, 80) as query,
          extract(epoch from clock_timestamp() - a.state_change)::int as seconds
        from pg_catalog.pg_stat_activity a where a.pid = any (pg_catalog.pg_blocking_pids(${pid})) limit 1`);
      if (rows[0]) seen = describeBackend(rows[0]);
      await clock.sleep(200, stop.signal);
    }
  })().catch(() => undefined);
  return {
    get seen() {
      return seen;
    },
    async stop() {
      stop.abort();
      await watching;
      await monitor.close();
    },
  };
}
