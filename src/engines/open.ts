/** From configuration to engine. What is not chosen is not loaded. */
import { homedir } from "node:os";
import { join } from "node:path";
import { type Clock, systemClock } from "../core/clock.ts";
import { type Config, configErrors } from "../core/config.ts";
import type { Engine } from "../core/engine.ts";
import { failure, sqlstate } from "../core/errors.ts";
import type { Listener } from "../core/events.ts";
import { type Environment, environmentNamed, environmentOfUrl, environments, type Target } from "../core/guard.ts";
import type { OpenScratchOptions, Scratch } from "./scratch.ts";
import { placeOfUrl } from "./url.ts";

export interface OpenOptions {
  readonly config: Config;
  readonly events?: Listener | undefined;
  readonly clock?: Clock | undefined;
  /** Where the template of PGlite's data directory is kept: `cacheDirOf(env)`. */
  readonly cacheDir: string;
  /** Prefer `directUrl`: past a transaction-mode pooler. Default false. */
  readonly direct?: boolean;
  /** Room of the first session. */
  readonly room?: string;
}

/** The user's cache directory for pgsteward. */
export function cacheDirOf(env: Readonly<Record<string, string | undefined>>): string {
  const base = env["XDG_CACHE_HOME"] || join(env["HOME"] || homedir(), ".cache");
  return join(base, "pgsteward");
}

/** What a command would work on; connects to nothing. Errors: CONFIG_INVALID, ENGINE_NOT_INSTALLED. */
export async function describeTarget(config: Config): Promise<Target> {
  if (config.url === undefined) return describeEmbedded(config);
  const { host, port, database } = placeOfUrl(config.url);
  const environment = givenEnvironment(config) ?? environmentOfUrl(host, database);
  const location = host.startsWith("/") ? host : `${host}:${port}`;
  return { engine: "postgres", location, database, environment, environmentFrom: config.environmentFrom };
}

async function describeEmbedded(config: Config): Promise<Target> {
  const { chooseEmbedded } = await import("./choose.ts");
  const engine = chooseEmbedded(config);
  const location = join(config.stateDir, engine);
  const environment = givenEnvironment(config) ?? "development";
  const environmentFrom = config.environment === undefined ? "embedded" : config.environmentFrom;
  return { engine, location, database: engine === "pglite" ? "postgres" : config.database, environment, environmentFrom };
}

function givenEnvironment({ environment, environmentFrom }: Config): Environment | undefined {
  if (environment === undefined) return undefined;
  const known = environmentNamed(environment);
  if (known !== undefined) return known;
  const problem = `environment is ${JSON.stringify(environment)}; it takes ${environments.join(", ")}`;
  throw failure(configErrors, "CONFIG_INVALID", { source: environmentFrom, problem });
}

/** Opens the engine of the configuration: a URL's server, else the embedded engine. Errors: those of the engine. */
export async function openEngine(options: OpenOptions): Promise<Engine> {
  const { config, direct } = options;
  const url = direct === true ? (config.directUrl ?? config.url) : config.url;
  if (url !== undefined) {
    return openServer(url, options);
  }
  const { chooseEmbedded, rememberChoice } = await import("./choose.ts");
  const chosen = chooseEmbedded(config);
  const engine = chosen === "native" ? await openNativeEngine(options) : await openPgliteEngine(options);
  rememberChoice(config, chosen);
  return engine;
}

/** `direct` is asked for by what needs a session; behind a pooler in transaction mode that would fail late and strangely. */
async function openServer(url: string, { direct, room }: OpenOptions): Promise<Engine> {
  const { openPostgres } = await import("./postgres.ts");
  const engine = await openPostgres({ url, room });
  if (direct !== true || !engine.behindPooler) return engine;
  try {
    await (await import("./pooler.ts")).detectTransactionPooling(engine);
    return engine;
  } catch (error) {
    await engine.close();
    throw error;
  }
}

async function openNativeEngine({ config, events, clock, room }: OpenOptions): Promise<Engine> {
  const { openNative } = await import("./native.ts");
  return openNative({ config, events, clock, room });
}

async function openPgliteEngine({ config, events, clock, cacheDir }: OpenOptions): Promise<Engine> {
  const [{ openPglite }, { neededExtensions }] = await Promise.all([import("./pglite.ts"), import("./needs.ts")]);
  const dataDir = join(config.stateDir, "pglite");
  return openPglite({
    root: config.root,
    directory: dataDir,
    extensions: [...neededExtensions(config)],
    cacheDir,
    events,
    clock: clock ?? systemClock,
  });
}

/** The failure of a CREATE EXTENSION on an embedded engine, with a hint that names the engine that has it; any other error as it is. */
export async function explained(error: unknown, config: Config): Promise<unknown> {
  const name = sqlstate(error) === "0A000" ? /extension "(.+)" is not available/.exec((error as Error).message)?.[1] : undefined;
  if (name === undefined || config.url !== undefined) return error;
  const { chooseEmbedded, extensionUnavailable } = await import("./choose.ts");
  return extensionUnavailable(chooseEmbedded(config), name, config);
}

/** A throw-away database; see scratch.ts. */
export async function openScratch(options: OpenScratchOptions): Promise<Scratch> {
  return (await import("./scratch.ts")).openScratch(options);
}
