/** The embedded native server: one per project, started on demand, attached to when it already runs, stopped when idle. */
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Clock, systemClock } from "../core/clock.ts";
import type { Abilities, Engine, SessionOptions } from "../core/engine.ts";
import type { Listener } from "../core/events.ts";
import { failure, sqlstate, StewardError } from "../core/errors.ts";
import { literal, quoteIdentifier } from "../core/sql.ts";
import { diskFull } from "./disk-full.ts";
import { engineErrors } from "./errors.ts";
import { markUsed, type WatchOptions, watchIdle } from "./idle.ts";
import { type NativeConfig, type NativePlace, nativePlace } from "./native-place.ts";
import { openPostgres, type PostgresEngine, type PostgresOptions } from "./postgres.ts";
import type { PgSession } from "./session.ts";
import { type Postmaster, runningPostmaster, stopPostmaster } from "./postmaster.ts";

export interface NativeOptions extends WatchOptions {
  readonly config: NativeConfig;
  readonly events?: Listener | undefined;
  readonly clock?: Clock | undefined;
  readonly room?: string | undefined;
  /** How long to wait for another process that is starting the server, in ms. Default 60,000. */
  readonly waitMs?: number;
  /** Server settings of this start, for tests: `{ fsync: "off" }`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** From where npm packages are resolved, for tests. Default: the project, then pgsteward. */
  readonly resolveFrom?: readonly string[];
}

/**
 * Attaches to the project's server, or starts it; creates its database the first time.
 * Errors: ENGINE_NOT_INSTALLED, ENGINE_NO_ACCOUNT, ENGINE_START_FAILED, ENGINE_DISK_FULL, ENGINE_DATA_VERSION, ENGINE_BUSY.
 */
export async function openNative(options: NativeOptions): Promise<NativeEngine> {
  const place = nativePlace(options.config);
  const clock = options.clock ?? systemClock;
  // Before looking for the server: the watcher stops it only when nothing was marked, so that it cannot stop it under us.
  markUsed(place.dir);
  try {
    const attached = await attach(place, options, clock);
    // Loaded only when a server has to be made or started.
    const engine = attached ?? (await (await import("./native-start.ts")).startNative(place, options, clock));
    watchIdle(place.dir, options.config.idleTimeoutMs, options);
    return engine;
  } catch (error) {
    throw translated(error, place);
  }
}

/** Connects to the server that runs on the place's data, if one does; waits for one that is starting or stopping. */
export async function attach(place: NativePlace, options: NativeOptions, clock: Clock): Promise<NativeEngine | undefined> {
  for (let waited = 0; ; waited += 20) {
    const postmaster = runningPostmaster(place.dataDir);
    if (!postmaster) return undefined;
    try {
      if (postmaster.status === "ready") return await connect(postmaster, place, options);
    } catch (error) {
      if (!isPassing(error)) throw error;
      if (waited > 10_000) throw silentServer(postmaster, place, error);
    }
    // A recovery after a crash may take minutes; a server that answers neither yes nor no does not.
    if (waited > 120_000)
      throw failure(engineErrors, "ENGINE_START_FAILED", { problem: "it is starting since two minutes", log: place.log });
    await clock.sleep(20);
  }
}

function silentServer({ pid, socketDir }: Postmaster, { log }: NativePlace, cause: unknown): StewardError {
  return failure(
    engineErrors,
    "ENGINE_START_FAILED",
    { problem: `process ${pid} runs, but does not answer in ${socketDir}`, log },
    { cause },
  );
}

/** Connects to the project's database, and creates it when it is not there yet. */
export async function connect(postmaster: Postmaster, place: NativePlace, options: NativeOptions): Promise<NativeEngine> {
  const { config, room } = options;
  const { source, binDir, tcp = false } = serverFacts(place);
  const local = socketUrl(postmaster, config.database);
  const engine = await openOrCreate(local, config.database, { room, binDir, location: place.dir });
  if (config.port > 0 && (!tcp || postmaster.port !== config.port)) {
    const now = tcp ? `listens on port ${postmaster.port}` : "has no TCP port";
    const message = `the embedded server runs and ${now}; port ${config.port} is used once it was stopped and started`;
    options.events?.({ type: "note", level: "warning", message });
  }
  const url = tcp ? tcpUrl(postmaster, config.database, await ensurePassword(engine, place)) : local;
  return new NativeEngine(engine, url, source);
}

async function openOrCreate(url: string, database: string, options: Omit<PostgresOptions, "url">): Promise<PostgresEngine> {
  try {
    return await openPostgres({ ...options, url });
  } catch (error) {
    if (sqlstate(error) !== "3D000") throw error;
  }
  const server = await openPostgres({ ...options, url: url.replace(/\/[^/?]*\?/, "/postgres?") });
  try {
    await (await server.session()).query(`create database ${quoteIdentifier(database)}`);
  } catch (error) {
    // Somebody else created it in the same moment.
    if (!["42P04", "23505"].includes(sqlstate(error) ?? "")) throw error;
  } finally {
    await server.close();
  }
  return openPostgres({ ...options, url });
}

/** A server like any other, reached through a socket of ours. */
export class NativeEngine implements Engine {
  readonly kind = "native";
  readonly abilities: Abilities;
  readonly version: number;
  readonly #server: PostgresEngine;
  readonly #url: string;
  readonly #source: string | undefined;

  constructor(server: PostgresEngine, url: string, source: string | undefined) {
    this.#server = server;
    this.#url = url;
    this.#source = source;
    this.abilities = server.abilities;
    this.version = server.version;
  }

  async extensions(): Promise<ReadonlySet<string>> {
    const { offered } = await import("./binaries.ts");
    return offered([...(await this.#server.extensions())], this.#source);
  }

  session(options?: SessionOptions): Promise<PgSession> {
    return this.#server.session(options);
  }

  url(): string {
    return this.#url;
  }

  close(): Promise<void> {
    return this.#server.close();
  }
}

export interface NativeStatus {
  readonly running: boolean;
  readonly dir: string;
  readonly dataDir: string;
  readonly log: string;
  /** Major version of the data; undefined before the first start. */
  readonly dataVersion: string | undefined;
  readonly pid?: number;
  /** 0 when the server has no TCP port. */
  readonly port?: number;
  readonly socketDir?: string;
  /** Epoch ms. */
  readonly startedAt?: number;
  /** Account of the server, where it is not our own. */
  readonly account?: string;
}

/** What is known of the server without connecting to it. */
export function nativeStatus(config: NativeConfig): NativeStatus {
  const { dir, dataDir, log, account } = nativePlace(config);
  const version = join(dataDir, "PG_VERSION");
  const dataVersion = existsSync(version) ? readFileSync(version, "utf8").trim() : undefined;
  const postmaster = runningPostmaster(dataDir);
  const { pid, socketDir, startedAt = 0 } = postmaster ?? {};
  const running = pid !== undefined && {
    pid,
    socketDir: socketDir ?? "",
    port: serverFacts({ dir }).tcp === true ? (postmaster?.port ?? 0) : 0,
    startedAt: startedAt * 1000,
  };
  return { running: pid !== undefined, dir, dataDir, log, dataVersion, ...(account && { account: account.name }), ...running };
}

/** Stops the server and its watcher; false when none was running. Errors: ENGINE_START_FAILED when it does not end. */
export async function stopNative(config: NativeConfig, clock: Clock = systemClock): Promise<boolean> {
  const place = nativePlace(config);
  const postmaster = runningPostmaster(place.dataDir);
  const { stopWatcher } = await import("./idle.ts");
  stopWatcher(place.dir);
  if (!postmaster) return false;
  if (await stopPostmaster(postmaster, clock)) return true;
  throw failure(engineErrors, "ENGINE_START_FAILED", { problem: `process ${postmaster.pid} does not stop`, log: place.log });
}

interface ServerFacts {
  readonly binDir?: string;
  readonly source?: string;
  readonly tcp?: boolean;
}

/** What the start wrote down about the server, for those who attach. */
export function serverFacts({ dir }: Pick<NativePlace, "dir">): ServerFacts {
  const path = join(dir, "server.json");
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as ServerFacts) : {};
}

function socketUrl({ socketDir, port }: Postmaster, database: string): string {
  return `postgres://postgres@localhost:${port}/${encodeURIComponent(database)}?host=${encodeURIComponent(socketDir)}`;
}

function tcpUrl({ port }: Postmaster, database: string, password: string): string {
  return `postgres://postgres:${password}@127.0.0.1:${port}/${encodeURIComponent(database)}`;
}

/** The password of TCP connections. Set in the server first: killed in between, the next one makes a new one. */
async function ensurePassword(engine: PostgresEngine, { dir }: NativePlace): Promise<string> {
  const path = join(dir, "password");
  if (existsSync(path)) return readFileSync(path, "utf8");
  const { randomBytes } = await import("node:crypto");
  const password = randomBytes(24).toString("base64url");
  const session = await engine.session();
  await session.query(`alter role postgres password ${literal(password)}`);
  await session.close();
  writeFileSync(path, password, { mode: 0o600 });
  return password;
}

/** Failures that pass by themselves: the server is about to accept connections, or about to end. */
export function isPassing(error: unknown): boolean {
  return StewardError.is(error) && ["ENGINE_UNREACHABLE", "ENGINE_STARTING_UP", "ENGINE_CONNECTION_LOST"].includes(error.code);
}

function translated(error: unknown, { dir, log }: NativePlace): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (StewardError.is(error) || code === undefined) return error;
  const full = diskFull(error, dir);
  if (full) return full;
  const owner = statSync(dir, { throwIfNoEntry: false })?.uid;
  const belongs = code === "EACCES" && owner !== process.getuid?.() ? `${dir} belongs to another account (uid ${owner}): ` : "";
  return failure(engineErrors, "ENGINE_START_FAILED", { problem: `${belongs}${message}`, log }, { cause: error });
}
