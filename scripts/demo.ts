/**
 * `npm run demo`: a fresh embedded database, the ten migrations of examples/penny, and what is there afterwards.
 * Uses the package as it is built, leaves nothing behind.
 */
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type * as pgsteward from "../src/index.ts";
import { repository } from "./source.ts";

const { createSteward } = (await import(new URL("../dist/index.js", import.meta.url).href)) as typeof pgsteward;
const penny = join(repository, "examples/penny");

/** Counted by the database itself, in the schemas that the migrations made. */
const counts = `
  with ours as (
    select c.oid, c.relkind, c.relrowsecurity
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast', 'pgsteward')
      and not exists (select from pg_catalog.pg_depend d where d.objid = c.oid and d.deptype = 'e'))
  select
    (select count(*)::int from ours where relkind in ('r', 'p')) as "tables",
    (select count(*)::int from ours where relkind in ('r', 'p') and relrowsecurity) as "tables with row level security",
    (select count(*)::int from pg_catalog.pg_policy p join ours on ours.oid = p.polrelid) as "policies",
    (select count(*)::int from ours where relkind in ('i', 'I')) as "indexes",
    (select count(*)::int from pg_catalog.pg_constraint f join ours on ours.oid = f.conrelid where f.contype = 'f') as "foreign keys",
    (select count(*)::int from pg_catalog.pg_trigger t join ours on ours.oid = t.tgrelid where not t.tgisinternal) as "triggers",
    (select count(*)::int from ours where relkind in ('v', 'm')) as "views"`;

const seconds = (ms: number): string => (ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`);

/** A steward of its own for each part: an engine with one session serves one at a time. */
async function withSteward<T>(stateDir: string, body: (steward: pgsteward.Steward) => Promise<T>): Promise<T> {
  const steward = await createSteward({
    cwd: penny,
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"], XDG_CACHE_HOME: process.env["XDG_CACHE_HOME"] },
    config: { stateDir, environment: "development", idleTimeout: "1m", migrate: { dir: "migrations" } },
    onEvent: (event) => {
      if (event.type === "wait" || event.type === "note") console.log(`  ${event.message}`);
    },
  });
  try {
    return await body(steward);
  } finally {
    await steward.close();
  }
}

async function demo(stateDir: string): Promise<void> {
  const started = performance.now();
  const engine = await withSteward(stateDir, async (steward) => {
    console.log(`a fresh embedded PostgreSQL (${steward.target.engine}) in ${stateDir}`);
    const { result, durationMs } = await steward.migrate.up();
    const { data } = await steward.migrate.status();
    if (data.pending !== 0 || result.applied.length !== data.migrations.length) throw new Error(`${data.pending} migrations are pending`);
    console.log(`\napplied the migrations of examples/penny, in ${seconds(durationMs)} with the start of the engine:`);
    for (const { name, durationMs } of data.migrations) console.log(`  ${name.padEnd(32)} ${seconds(durationMs ?? 0).padStart(8)}`);
    return steward.target.engine;
  });
  await withSteward(stateDir, async (steward) => {
    const session = await steward.session();
    const { rows } = await session.query<Record<string, number>>(counts);
    await session.close();
    console.log("\nthe database now has:");
    for (const [what, count] of Object.entries(rows[0] ?? {})) console.log(`  ${String(count).padStart(5)} ${what}`);
    if (engine === "native") await steward.db.stop();
  });
  console.log(`\ndone in ${seconds(performance.now() - started)}; the database is removed again`);
}

const next = `
try next, on a database of examples/penny that stays:
  npm run migrate:up --workspace examples/penny
  npm run migrate:status --workspace examples/penny
  npm run migrate:down --workspace examples/penny -- --dry-run`;

const place = mkdtempSync(join(tmpdir(), "pgsteward-demo-"));
// The account of a native server, where that is not ours, has to pass through.
chmodSync(place, 0o755);
const clear = (): void => rmSync(place, { recursive: true, force: true });
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => {
    clear();
    process.exit(130);
  });
}
try {
  await demo(join(place, "state"));
  console.log(next);
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  clear();
}
