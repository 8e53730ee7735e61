/** A copy of the template, with a steward on it. */
import { rm } from "node:fs/promises";
import { type Config, configErrors, loadConfig } from "../core/config.ts";
import type { Engine, Session } from "../core/engine.ts";
import { failure } from "../core/errors.ts";
import { type Environment, isLocal } from "../core/guard.ts";
import { cacheDirOf, describeTarget, openEngine } from "../engines/open.ts";
import { placeOfUrl } from "../engines/url.ts";
import { createSteward, type Steward } from "../steward.ts";
import { contentHash, type Recipe } from "./content.ts";
import { copyTemplate } from "./pglite.ts";
import { cloneTemplate, dropDatabase } from "./server.ts";
import { urlOfDatabase } from "./url.ts";

export interface TestDatabaseOptions {
  /** The project, or a directory in it. Default: the process's working directory. */
  readonly cwd?: string;
  /** The server on which databases are made. Default: TEST_DATABASE_URL, else the embedded engine of the project; never DATABASE_URL. */
  readonly url?: string;
  /** The profile of seeders that fills it, or false for none. Default `testing`. */
  readonly seed?: Environment | false;
  /** Only the seeders that nothing works without. Default false. */
  readonly minimal?: boolean;
  /** Generated rows as well, as `seed fill` makes them: `{ rows: ["users=1000"], seed: 7 }`. Triggers do not fire. Default none. */
  readonly fill?: Parameters<Steward["seed"]["fill"]>[0];
  /** Files and folders that the content depends on beside migrations, seeders and configuration: what seeders import. Default none. */
  readonly include?: readonly string[];
  /** Variables. Default: the process's environment. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** A database of its own; dropped by `drop`, or at the end of an `await using`. What killed runs leave is dropped after a day. */
export interface TestDatabase extends AsyncDisposable {
  /** For the application's own driver; undefined on PGlite, which serves no other process. */
  readonly url: string | undefined;
  /** Every operation, on this database. */
  readonly steward: Steward;
  /** A session on it; the caller closes it. */
  session(): Promise<Session>;
  drop(): Promise<void>;
}

/** A fresh copy of the project's database for tests. Errors: those of the engine, of `migrate up` and of `seed run`. */
export async function testDatabase(options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const { cwd = process.cwd(), env = process.env, include = [], minimal = false, fill: generated } = options;
  const url = options.url ?? env["TEST_DATABASE_URL"];
  const around = { ...env, DATABASE_URL: undefined, DIRECT_URL: undefined, PGSTEWARD_URL: undefined, PGSTEWARD_DIRECT_URL: undefined };
  const fixed = { environment: "testing", ...(url === undefined ? {} : { url, directUrl: url }) };
  const config = await loadConfig({ cwd, env: around, flags: fixed });
  if (url === undefined) refuseRemote(config);
  const recipe: Recipe = { seed: options.seed === false ? undefined : (options.seed ?? "testing"), minimal, fill: generated, include };
  const content = contentHash(config, recipe);
  const open = (overrides: Readonly<Record<string, unknown>>): Promise<Steward> =>
    createSteward({ cwd, env: around, overrides: { ...fixed, ...overrides } });
  const fill = async (overrides: Readonly<Record<string, unknown>>): Promise<void> => {
    const steward = await open(overrides);
    try {
      await steward.migrate.up({}, { yes: true });
      if (recipe.seed !== undefined) await steward.seed.run({ profile: recipe.seed, minimal }, { yes: true });
      if (generated) await steward.seed.fill({ triggers: "off", ...generated }, { yes: true });
    } finally {
      await steward.close();
    }
  };
  const cacheDir = cacheDirOf(env);
  if ((await describeTarget(config)).engine === "pglite") {
    const stateDir = await copyTemplate({ cacheDir, content, fill: (dir) => fill({ engine: "pglite", stateDir: dir }) });
    const steward = await open({ engine: "pglite", stateDir });
    return databaseOf(steward, undefined, () => rm(stateDir, { recursive: true, force: true }));
  }
  const engine = await openEngine({ config, cacheDir, direct: true, room: "testing" });
  return onServer(engine, async () => {
    const at = (name: string): Readonly<Record<string, unknown>> => {
      const there = urlOfDatabase(engine.url() ?? "", name);
      return { url: there, directUrl: there };
    };
    const name = await cloneTemplate(engine, { project: config.root, content, fill: (draft) => fill(at(draft)) });
    const steward = await open(at(name));
    return databaseOf(steward, at(name)["url"] as string, async () => {
      await dropDatabase(engine, name);
      await engine.close();
    });
  });
}

/** A configuration may name a server that tests have no business on. */
function refuseRemote({ url, file }: Config): void {
  if (url === undefined || isLocal(placeOfUrl(url).host)) return;
  const problem = "its url is not on this machine; name the server for test databases in TEST_DATABASE_URL";
  throw failure(configErrors, "CONFIG_INVALID", { source: file ?? "config", problem });
}

async function onServer<T>(engine: Engine, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    await engine.close();
    throw error;
  }
}

function databaseOf(steward: Steward, url: string | undefined, remove: () => Promise<void>): TestDatabase {
  const drop = async (): Promise<void> => {
    await steward.close();
    await remove();
  };
  return { url, steward, session: () => steward.session(), drop, [Symbol.asyncDispose]: drop };
}
