import { cpSync } from "node:fs";
import { join } from "node:path";
import { readCatalog } from "../src/core/catalog.ts";
import { createSteward, type Session, type StewardOptions } from "../src/index.ts";
import type { Bench, Row } from "./shared/bench.ts";
import { median, ms } from "./shared/measure.ts";
import { startServer } from "./shared/server.ts";
import { checkout, openWorkspace, type Workspace } from "./shared/workspace.ts";

export const catalog: Bench = {
  name: "catalog",
  claim: "the whole schema is read in a constant number of round trips",
  async run({ rounds = 20, say }) {
    using workspace = openWorkspace();
    await using server = await startServer(workspace);
    say(`${server.description}; ${rounds} rounds`);
    const large = await server.withDatabase(async (url) => {
      const steward = await createSteward({ cwd: workspace.make("large"), env: {}, config: { url } });
      const session = await steward.session();
      await session.script(largeSchema());
      const row = await measure("30 usual tables on native (CPU of the client)", session, rounds);
      await session.close();
      await steward.close();
      return row;
    });
    return [large, await penny(workspace, rounds)];
  },
};

/** examples/penny on PGlite, which runs in a thread of this process: its CPU is in the figure. */
async function penny(workspace: Workspace, rounds: number): Promise<Row> {
  const cwd = workspace.make("penny");
  cpSync(join(checkout, "examples/penny/migrations"), join(cwd, "migrations"), { recursive: true });
  const options: StewardOptions = { cwd, env: { HOME: workspace.make("home") }, config: { engine: "pglite" } };
  const migrating = await createSteward(options);
  await migrating.migrate.up({}, { yes: true });
  // PGlite has one session, and a steward keeps its own until it is closed.
  await migrating.close();
  const steward = await createSteward(options);
  const session = await steward.session();
  const row = await measure("examples/penny, PGlite (CPU of client and server)", session, rounds);
  await session.close();
  await steward.close();
  return row;
}

/** Reads the catalog `rounds` times, after once to warm up. */
async function measure(claim: string, session: Session, rounds: number): Promise<Row> {
  let trips = 0;
  const counting = {
    query: (...given: Parameters<Session["query"]>) => (trips++, session.query(...given)),
    script: (text: string) => (trips++, session.script(text)),
  } as Session;
  const { objects } = await readCatalog(counting);
  const needed = trips;
  const cpus: number[] = [];
  const walls: number[] = [];
  for (let i = 0; i < rounds; i++) {
    const started = performance.now();
    const before = process.cpuUsage();
    await readCatalog(session);
    const { user, system } = process.cpuUsage(before);
    cpus.push((user + system) / 1000);
    walls.push(performance.now() - started);
  }
  return {
    claim: `readCatalog, ${claim}`,
    ours: `${objects.length} objects in ${needed} round trips, CPU ${ms(median(cpus))}`,
    peer: `wall ${ms(median(walls))}`,
  };
}

/** 30 tables of a usual kind: columns, key, foreign key, check, index, comment, trigger, function, view. */
function largeSchema(): string {
  const tables = Array.from({ length: 30 }, (_, i) => {
    const table = `entity_${i + 1}`;
    return `
      create table ${table} (
        id bigint generated always as identity primary key,
        parent_id bigint references ${i === 0 ? table : `entity_${i}`},
        name text not null check (length(name) < 200),
        data jsonb not null default '{}',
        created_at timestamptz not null default now());
      create index ${table}_name on ${table} (lower(name), created_at);
      comment on table ${table} is 'Entity ${i + 1}';
      create function ${table}_touch() returns trigger language plpgsql as $$ begin new.created_at := now(); return new; end $$;
      create trigger touch before update on ${table} for each row execute function ${table}_touch();
      create view ${table}_recent as select id, name from ${table} where created_at > now() - interval '1 day';`;
  });
  return tables.join("\n");
}
