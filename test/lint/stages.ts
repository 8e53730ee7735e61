/** Stages to trace on: PGlite in memory, the native server of the run, the system's server where there is one. */
import { randomBytes } from "node:crypto";
import type { Engine, Session } from "../../src/core/engine.ts";
import type { Context } from "../../src/core/operation.ts";
import { quoteIdentifier } from "../../src/core/sql.ts";
import { openPglite } from "../../src/engines/pglite.ts";
import { openPostgres } from "../../src/engines/postgres.ts";
import { onStage, type Stage } from "../../src/migrate/lint/stage.ts";
import { root, systemUrl } from "../support/migrate-server.ts";
import { testCacheDir, testServer } from "../support/testDatabase.ts";

export interface Place {
  readonly name: string;
  readonly version: number;
  /** A database of its own for `body`, gone afterwards. */
  use<T>(extensions: readonly string[], body: (session: Session) => Promise<T>): Promise<T>;
}

export async function places(): Promise<readonly Place[]> {
  const system = await systemUrl();
  const servers = [
    server("native", () => testServer("postgres")),
    ...(system === undefined ? [] : [server("system", () => openPostgres({ url: system }))]),
  ];
  return [pglite(), ...(await Promise.all(servers))];
}

export function pglite(): Place {
  return {
    name: "PGlite",
    version: 180_000,
    async use(extensions, body) {
      const engine = await openPglite({ root, directory: undefined, extensions, cacheDir: testCacheDir });
      return ending(engine, async () => body(await engine.session()));
    },
  };
}

/** The native server stops by itself while PGlite has its turn: each use starts it again. */
async function server(name: string, open: () => Promise<Engine>): Promise<Place> {
  const engine = await open();
  const { version } = engine;
  await engine.close();
  return {
    name: `${name} ${Math.floor(version / 10_000)}`,
    version,
    use: async (_, body) => {
      const opened = await open();
      return ending(opened, () => onDatabase(opened, body));
    },
  };
}

async function onDatabase<T>(engine: Engine, body: (session: Session) => Promise<T>): Promise<T> {
  const admin = await engine.session();
  const database = `lint_${randomBytes(5).toString("hex")}`;
  await admin.query(`create database ${quoteIdentifier(database)} template template0`);
  const session = await engine.session({ database });
  try {
    return await body(session);
  } finally {
    await session.close();
    await admin.query(`drop database ${quoteIdentifier(database)} with (force)`);
    await admin.close();
  }
}

async function ending<T>(engine: Engine, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } finally {
    await engine.close();
  }
}

/** A stage on a session, without a project around it. */
export function stageOn<T>(session: Session, version: number, body: (stage: Stage) => Promise<T>): Promise<T> {
  const scratch = { session, version, where: "test", missing: [], alone: true, discard: async () => undefined };
  const ctx = {
    config: { migrate: { ignoreSchemas: [], prelude: undefined } },
    clock: { now: () => 1_800_000_000_000 },
    scratch: async () => scratch,
  };
  return onStage(ctx as unknown as Context, { extensions: [], roles: [] }, body);
}
