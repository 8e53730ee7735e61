/** The engines that checks are tested on: PGlite, the native server of the run, the system's server where there is one. */
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { ConfigInput } from "../../src/core/config.ts";
import { createSteward, type Steward } from "../../src/steward.ts";
import { type Files, temporary, writeFiles } from "../support/migrate-project.ts";
import { defer, freshDatabase, serverUrl, systemUrl } from "../support/migrate-server.ts";
import { testRoot } from "../support/testDatabase.ts";

export interface Place {
  readonly name: string;
  /** A project on an empty database of its own; both go with the test. */
  open(t: TestContext, checks?: Files, config?: ConfigInput): Promise<Site>;
}

export interface Site {
  readonly dir: string;
  readonly steward: Steward;
  /** The database; undefined on an engine that others cannot connect to. */
  readonly url: string | undefined;
  /** Runs SQL beside the steward. */
  run(sql: string): Promise<void>;
}

export async function places(): Promise<readonly Place[]> {
  const system = await systemUrl();
  return [pglite, onServer("native", serverUrl), ...(system === undefined ? [] : [onServer("system", async () => system)])];
}

export const pglite: Place = { name: "PGlite", open: (t, checks, config) => site(t, { engine: "pglite", ...config }, checks) };

export const native: Place = onServer("native", serverUrl);

function onServer(name: string, server: () => Promise<string>): Place {
  return {
    name,
    async open(t, checks, config) {
      const { url } = await freshDatabase(t, { server: await server() });
      return site(t, { url, ...config }, checks);
    },
  };
}

async function site(t: TestContext, config: ConfigInput, checks: Files = {}): Promise<Site> {
  const dir = await temporary(t);
  await writeFiles(join(dir, "checks"), checks);
  const steward = await createSteward({
    cwd: dir,
    env: { PATH: process.env["PATH"], XDG_CACHE_HOME: testRoot, USER: "tester" },
    config,
  });
  defer(t, () => steward.close());
  const run = async (sql: string): Promise<void> => {
    const session = await steward.session();
    try {
      await session.script(sql);
    } finally {
      await session.close();
    }
  };
  return { dir, steward, url: config.url, run };
}

/** `error CHECK_ORPHANS public.orders 2` */
export function said({
  severity,
  code,
  object,
  facts,
}: {
  severity: string;
  code: string;
  object?: string;
  facts?: Readonly<Record<string, unknown>>;
}): string {
  const count = facts?.["count"] as number | undefined;
  return [severity, code, object, count].filter((part) => part !== undefined).join(" ");
}
