/** PGlite as an engine: PostgreSQL in WASM, one session at a time, one process at a time. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, systemClock } from "../core/clock.ts";
import type { Abilities, Engine, SessionOptions } from "../core/engine.ts";
import type { Listener } from "../core/events.ts";
import { failure, StewardError } from "../core/errors.ts";
import { literal } from "../core/sql.ts";
import { diskFull } from "./disk-full.ts";
import { engineErrors } from "./errors.ts";
import { queryFrame } from "./frames.ts";
import { describeHolder, type FileLock, tryLock } from "./lock-file.ts";
import { makeStateDir } from "./native-place.ts";
import {
  packageFinder,
  pgliteMajor,
  pgliteServerVersion,
  type PackageFinder,
  type PglitePackages,
  pglitePackages,
} from "./pglite-packages.ts";
import { PgliteStream } from "./pglite-stream.ts";
import { pgliteTemplate } from "./pglite-template.ts";
import { PgliteThread } from "./pglite-thread.ts";
import { openSession, type PgSession } from "./session.ts";
import type { ServerError } from "./server-error.ts";

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
  try {
    await engine.start(options.extensions ?? []);
    return engine;
  } catch (error) {
    await engine.close();
    throw diskFull(error, options.directory ?? options.cacheDir) ?? error;
  }
}

export class PgliteEngine implements Engine {
  readonly kind = "pglite";
  readonly abilities: Abilities = abilities;
  readonly version: number = pgliteServerVersion;
  readonly #options: PgliteOptions;
  readonly #packages: PglitePackages;
  #passed: ReadonlySet<string> = new Set();
  #thread: PgliteThread | undefined;
  #lock: FileLock | undefined;
  /** Resolves when the session before has been closed. */
  #turn: Promise<void> = Promise.resolve();
  #current: PgSession | undefined;
  /** The backend had a session before. */
  #used = false;

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
      await this.#reopen([...this.#passed, ...names]);
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
    const thread = this.#thread;
    this.#thread = undefined;
    await thread?.close();
    this.#lock?.release();
  }

  /** Takes the lock and opens the data. */
  async start(extensions: readonly string[]): Promise<void> {
    const { directory, clock = systemClock } = this.#options;
    if (directory !== undefined) this.#lock = lockOrFail(directory, clock);
    await this.#open(extensions);
  }

  /** A database in memory moves through a file. */
  async #reopen(extensions: readonly string[]): Promise<void> {
    const own = this.#options.directory === undefined ? mkdtempSync(join(tmpdir(), "pgsteward-")) : undefined;
    const saved = own === undefined ? undefined : join(own, "saved.tar");
    try {
      if (saved !== undefined) await this.#thread?.dump(saved);
      await this.#thread?.close();
      await this.#open(extensions, saved);
    } finally {
      if (own !== undefined) rmSync(own, { recursive: true, force: true });
    }
  }

  async #open(extensions: readonly string[], saved?: string): Promise<void> {
    const { directory } = this.#options;
    const names = new Set([...extensions, ...remembered(directory)].filter((name) => this.#packages.bundles.has(name)));
    const bundles = new Map([...this.#packages.bundles].filter(([name]) => names.has(name)));
    this.#thread = await this.#startThread(bundles, saved);
    this.#passed = names;
    this.#used = false;
    if (directory === undefined) return;
    rmSync(join(directory, "creating"), { force: true });
    remember(directory, names);
  }

  /** A cached template that PGlite cannot start from is made anew, once. */
  async #startThread(bundles: ReadonlyMap<string, string>, saved: string | undefined): Promise<PgliteThread> {
    const { directory } = this.#options;
    for (let tries = 1; ; tries++) {
      const fresh = directory === undefined || prepareData(directory);
      const template = saved ?? (fresh ? await pgliteTemplate(this.#packages, this.#options) : undefined);
      const dataDir = directory === undefined ? undefined : join(directory, "data");
      try {
        return await PgliteThread.start({ module: this.#packages.module, dataDir, template, bundles }, directory ?? "memory");
      } catch (error) {
        const broken = StewardError.is(error) && error.code === "ENGINE_START_FAILED";
        if (!broken || template === undefined || saved !== undefined || tries === 2) throw error;
        this.#options.events?.({ type: "note", level: "warning", message: `PGlite's template ${template} is damaged; making a new one` });
        rmSync(template, { force: true });
      }
    }
  }

  async #connect(room: string | undefined, release: () => void): Promise<PgSession> {
    const thread = this.#thread;
    const location = this.#options.directory ?? "PGlite in memory";
    if (!thread) throw failure(engineErrors, "ENGINE_CONNECTION_LOST", { location, problem: "the engine is closed" });
    // Also what a session left behind that was dropped in the middle of a statement.
    if (this.#used) await cleanUp(thread).catch(() => {});
    if (thread.dead) throw failure(engineErrors, "ENGINE_CONNECTION_LOST", { location, problem: thread.dead.message });
    this.#used = true;
    const session = await openSession({
      url: "postgres://postgres@localhost/postgres",
      location,
      stream: () => thread.attach(new PgliteStream(thread.execute, thread.taken)),
      keepalives: false,
      settings: `set application_name = ${literal(room === undefined ? "pgsteward" : `pgsteward/${room}`)};`,
    });
    session.onEnd((reason) => {
      // The backend is dead after these, although its thread is not.
      if (/^(FATAL|PANIC)$/.test(String((reason as ServerError | undefined)?.severity))) void thread.kill();
      release();
    });
    return session;
  }

  /** Waits until the session is free; the returned function gives it to the next one. */
  async #enter(waitMs: number): Promise<() => void> {
    const before = this.#turn;
    let release = (): void => {};
    const mine = new Promise<void>((resolve) => {
      release = resolve;
    });
    // Closing a session does not stop its statement: PGlite cannot be interrupted.
    this.#turn = before.then(() => mine).then(() => this.#thread?.idle());
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
 * Leaves the backend, of which there is only one, as a new connection would find it. RESET SESSION AUTHORIZATION, also
 * inside DISCARD ALL, does nothing in PGlite; setting it by name does.
 */
async function cleanUp(thread: PgliteThread): Promise<void> {
  for (const text of ["rollback", "set session authorization postgres", "discard all"]) {
    await thread.execute(queryFrame(text), (piece) => thread.taken(piece.length));
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
