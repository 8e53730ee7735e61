/** PGlite as an engine: PostgreSQL in WASM, one session at a time, one process at a time. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Clock, systemClock } from "../core/clock.ts";
import type { Abilities, Engine, SessionOptions } from "../core/engine.ts";
import type { Listener } from "../core/events.ts";
import { failure } from "../core/errors.ts";
import { literal } from "../core/sql.ts";
import { engineErrors } from "./errors.ts";
import { describeHolder, type FileLock, tryLock } from "./lock-file.ts";
import { makeStateDir } from "./native-place.ts";
import { packageFinder, pgliteMajor, type PackageFinder, type PglitePackages, pglitePackages } from "./pglite-packages.ts";
import { PgliteStream } from "./pglite-stream.ts";
import { pgliteTemplate } from "./pglite-template.ts";
import { PgliteThread } from "./pglite-thread.ts";
import { openSession, type PgSession } from "./session.ts";

export interface PgliteOptions {
  /** The project: PGlite is resolved from here first. */
  readonly root: string;
  /** Where data, lock and list of extensions are kept; undefined for a database in memory. */
  readonly directory: string | undefined;
  /** Extensions that can be created in this opening; those of earlier ones are added. All of them would cost 4 s. Default none. */
  readonly extensions?: readonly string[];
  /** Where the template of the data directory is kept. */
  readonly cacheDir: string;
  readonly events?: Listener | undefined;
  readonly clock?: Clock | undefined;
  /** For tests. */
  readonly find?: PackageFinder;
}

const abilities: Abilities = {
  sessions: 1,
  cancel: false,
  timeouts: false,
  loginRoles: false,
  logicalDecoding: false,
  copy: true,
  shared: false,
  databases: false,
  dumpTool: false,
};

/** Errors: ENGINE_NOT_INSTALLED, ENGINE_VERSION_MISMATCH, ENGINE_BUSY, ENGINE_DATA_VERSION, ENGINE_DISK_FULL, ENGINE_START_FAILED. */
export async function openPglite(options: PgliteOptions): Promise<PgliteEngine> {
  const packages = pglitePackages(options.find ?? packageFinder(options.root));
  const engine = new PgliteEngine(options, packages);
  await engine.start(options.extensions ?? []);
  return engine;
}

export class PgliteEngine implements Engine {
  readonly kind = "pglite";
  readonly abilities: Abilities = abilities;
  version = 0;
  readonly #options: PgliteOptions;
  readonly #packages: PglitePackages;
  #passed: ReadonlySet<string> = new Set();
  #thread: PgliteThread | undefined;
  #lock: FileLock | undefined;
  /** Resolves when the session before has been closed. */
  #turn: Promise<void> = Promise.resolve();
  #waiting = 0;
  #current: PgSession | undefined;

  constructor(options: PgliteOptions, packages: PglitePackages) {
    this.#options = options;
    this.#packages = packages;
  }

  async extensions(): Promise<ReadonlySet<string>> {
    return new Set([...this.#packages.bundles.keys(), "plpgsql"]);
  }

  /** Opens anew with more extensions, between two sessions. Names that PGlite does not have are left out: CREATE EXTENSION fails then. */
  async requireExtensions(names: readonly string[]): Promise<void> {
    if (names.every((name) => this.#passed.has(name) || !this.#packages.bundles.has(name))) return;
    const release = await this.#enter(30_000);
    try {
      const saved = this.#options.directory === undefined ? await this.#thread?.dump() : undefined;
      await this.#thread?.close();
      await this.#open([...this.#passed, ...names], saved);
    } finally {
      release();
    }
  }

  async session(options: SessionOptions = {}): Promise<PgSession> {
    const release = await this.#enter(options.waitMs ?? 30_000);
    try {
      const session = await this.#connect(options.room, release);
      this.#current = session;
      return session;
    } catch (error) {
      release();
      throw error;
    }
  }

  url(): undefined {
    return undefined;
  }

  async close(): Promise<void> {
    await this.#current?.close();
    await this.#thread?.close();
    this.#thread = undefined;
    this.#lock?.release();
  }

  /** Takes the lock and opens the data. */
  async start(extensions: readonly string[]): Promise<void> {
    const { directory, clock = systemClock } = this.#options;
    if (directory !== undefined) this.#lock = lockOrFail(directory, clock);
    try {
      await this.#open(extensions);
      const session = await this.session();
      this.version = session.facts.version;
      await session.close();
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async #open(extensions: readonly string[], saved?: string): Promise<void> {
    const { directory } = this.#options;
    const names = new Set([...extensions, ...remembered(directory)].filter((name) => this.#packages.bundles.has(name)));
    const bundles = new Map([...this.#packages.bundles].filter(([name]) => names.has(name)));
    const fresh = directory === undefined || prepareData(directory);
    const template = saved ?? (fresh ? await pgliteTemplate(this.#packages, this.#options) : undefined);
    const dataDir = directory === undefined ? undefined : join(directory, "data");
    this.#thread = await PgliteThread.start({ module: this.#packages.module, dataDir, template, bundles }, directory ?? "memory");
    this.#passed = names;
    if (saved !== undefined) rmSync(saved, { force: true });
    if (directory === undefined) return;
    rmSync(join(directory, "creating"), { force: true });
    remember(directory, names);
  }

  async #connect(room: string | undefined, release: () => void): Promise<PgSession> {
    const thread = this.#thread;
    if (!thread) throw failure(engineErrors, "ENGINE_CONNECTION_LOST", { location: "PGlite", problem: "the engine is closed" });
    const session = await openSession({
      url: "postgres://postgres@localhost/postgres",
      location: this.#options.directory ?? "PGlite in memory",
      stream: () => thread.attach(new PgliteStream(thread.execute, thread.taken)),
      keepalives: false,
      settings: `set application_name = ${literal(room === undefined ? "pgsteward" : `pgsteward/${room}`)};`,
      connectTimeoutMs: 600_000,
      onClose: cleanUp,
    });
    session.onEnd(release);
    return session;
  }

  /** Waits until the session is free; the returned function gives it to the next one. */
  async #enter(waitMs: number): Promise<() => void> {
    const before = this.#turn;
    let release = (): void => {};
    const mine = new Promise<void>((resolve) => {
      release = resolve;
    });
    this.#turn = before.then(() => mine);
    const stopWaiting = new AbortController();
    const late = (this.#options.clock ?? systemClock).sleep(waitMs, stopWaiting.signal).then(() => "late" as const);
    late.catch(() => {});
    const first = await Promise.race([before.then(() => "free" as const), late]);
    stopWaiting.abort();
    if (first === "free") return release;
    release();
    const holder = "another session of this process";
    throw failure(engineErrors, "ENGINE_BUSY", { location: this.#options.directory ?? "PGlite in memory", holder });
  }
}

/**
 * Leaves the backend, which the next session gets, as a new connection would find it. RESET SESSION AUTHORIZATION, also
 * inside DISCARD ALL, does nothing in PGlite; setting it by name does.
 */
async function cleanUp(session: PgSession): Promise<void> {
  for (const statement of ["rollback", "set session authorization postgres", "reset role", "discard all"]) {
    await session.script(statement).catch(() => {});
  }
}

function lockOrFail(directory: string, clock: Clock): FileLock {
  makeStateDir(join(directory, ".."));
  mkdirSync(directory, { recursive: true });
  const lock = tryLock(join(directory, "lock"), clock.now());
  if ("held" in lock) return lock;
  throw failure(engineErrors, "ENGINE_BUSY", { location: directory, holder: describeHolder(lock), pid: lock.pid });
}

/** True when the data has to be made. What a killed first start left behind is removed. */
function prepareData(directory: string): boolean {
  const data = join(directory, "data");
  const creating = join(directory, "creating");
  if (existsSync(creating)) rmSync(data, { recursive: true, force: true });
  if (existsSync(join(data, "PG_VERSION"))) {
    const found = readFileSync(join(data, "PG_VERSION"), "utf8").trim();
    if (Number(found) === pgliteMajor) return false;
    throw failure(engineErrors, "ENGINE_DATA_VERSION", { location: data, found, wanted: pgliteMajor });
  }
  writeFileSync(creating, "");
  return true;
}

/** An extension that was created must be passed at every opening; which were created can only be asked after opening. */
function remembered(directory: string | undefined): readonly string[] {
  const path = directory === undefined ? undefined : join(directory, "extensions.json");
  return path !== undefined && existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as string[]) : [];
}

function remember(directory: string, names: ReadonlySet<string>): void {
  const path = join(directory, "extensions.json");
  writeFileSync(`${path}.new`, JSON.stringify([...names]));
  renameSync(`${path}.new`, path);
}
