/** Scratch databases: an empty database for an experiment, gone afterwards. */
import { randomBytes } from "node:crypto";
import type { Clock } from "../core/clock.ts";
import type { Config } from "../core/config.ts";
import type { Engine, EngineKind, Session } from "../core/engine.ts";
import type { Listener } from "../core/events.ts";
import { failure } from "../core/errors.ts";
import { quoteIdentifier } from "../core/sql.ts";
import { baselineOnly } from "./baseline-only.ts";
import { missing, nativeOffer, pgliteOffer } from "./choose.ts";
import { engineErrors } from "./errors.ts";

export interface OpenScratchOptions {
  readonly config: Config;
  /** Extensions that the experiment needs. */
  readonly extensions: readonly string[];
  readonly events?: Listener | undefined;
  readonly clock?: Clock | undefined;
  readonly cacheDir: string;
  /** The engine of the target, for `scratch: "target"`. */
  readonly target?: Engine;
}

export interface Scratch {
  readonly session: Session;
  readonly engine: EngineKind;
  readonly version: number;
  /** Extensions asked for that the engine does not have. */
  readonly missing: string[];
  close(): Promise<void>;
}

/** Made where `config.scratch` says; `auto` is the native server, unless only PGlite has the extensions. Errors: those of the engine. */
export async function openScratch(options: OpenScratchOptions): Promise<Scratch> {
  const { scratch } = options.config;
  if (scratch === "target") return onTarget(options);
  if (scratch.includes("://")) return onUrl(scratch, options);
  const kind = scratch === "native" || scratch === "pglite" ? scratch : better(options);
  return kind === "native" ? onNative(options) : inPglite(options);
}

function better({ config, extensions }: OpenScratchOptions): "native" | "pglite" {
  const native = nativeOffer(config);
  const pglite = pgliteOffer(config);
  if (native === undefined) return "pglite";
  if (pglite === undefined) return "native";
  return missing(extensions, native).length <= missing(extensions, pglite).length ? "native" : "pglite";
}

async function onNative({ config, extensions, events, clock }: OpenScratchOptions): Promise<Scratch> {
  const { openNative } = await import("./native.ts");
  const engine = await openNative({ config, events, clock, room: "scratch" });
  return besideDatabase(engine, extensions, true);
}

async function onUrl(url: string, { extensions }: OpenScratchOptions): Promise<Scratch> {
  const { openPostgres } = await import("./postgres.ts");
  return besideDatabase(await openPostgres({ url, room: "scratch" }), extensions, true);
}

function onTarget({ target, extensions }: OpenScratchOptions): Promise<Scratch> {
  if (target?.abilities.databases !== true) {
    throw failure(engineErrors, "ENGINE_ABILITY_MISSING", {
      engine: target?.kind ?? "that is not open",
      ability: "create a scratch database",
    });
  }
  return besideDatabase(target, extensions, false);
}

/** A database on `engine`, which is closed with it when it is `owned`. */
async function besideDatabase(engine: Engine, extensions: readonly string[], owned: boolean): Promise<Scratch> {
  const name = scratchName();
  const drop = async (): Promise<void> => {
    try {
      await onAdmin(engine, (admin) => admin.query(`drop database if exists ${quoteIdentifier(name)} with (force)`));
    } finally {
      if (owned) await engine.close();
    }
  };
  try {
    await onAdmin(engine, async (admin) => {
      await dropStale(admin);
      await createDatabase(admin, name, engine.version);
    });
    const lacking = extensions.length === 0 ? [] : missing(extensions, await engine.extensions());
    const session = await engine.session({ room: "scratch", database: name });
    const close = async (): Promise<void> => {
      await session.close();
      await drop();
    };
    return { session, engine: engine.kind, version: engine.version, missing: lacking, close };
  } catch (error) {
    await drop().catch(() => {});
    throw error;
  }
}

/** From template0, which nobody can have changed; copied file by file, which takes half as long as through the WAL (12 to 25 ms). */
async function createDatabase(admin: Session, name: string, version: number): Promise<void> {
  const strategy = version >= 150_000 ? " strategy file_copy" : "";
  await admin.query(`create database ${quoteIdentifier(name)} template template0${strategy}`);
}

/** The name holds the day it was made: scratch databases of killed processes are dropped the day after tomorrow at the latest. */
function scratchName(): string {
  return `pgsteward_scratch_${today()}_${randomBytes(5).toString("hex")}`;
}

function today(): number {
  return Math.floor((performance.timeOrigin + performance.now()) / 86_400_000);
}

/** Not those that somebody is in: DROP DATABASE would wait 5 s for them before it fails. */
async function dropStale(admin: Session): Promise<void> {
  const { rows } = await admin.query<{ name: string }>(
    `select datname as name from pg_catalog.pg_database as d
     where datname ~ '^pgsteward_scratch_[0-9]+_[0-9a-f]{10}$' and pg_catalog.split_part(datname, '_', 3)::int < $1
       and not exists (select from pg_catalog.pg_stat_activity as a where a.datname = d.datname)`,
    [today() - 1],
  );
  // Somebody else may be dropping it at the same moment.
  for (const { name } of rows) await admin.query(`drop database if exists ${quoteIdentifier(name)}`).catch(() => {});
}

async function onAdmin<T>(engine: Engine, work: (admin: Session) => Promise<T>): Promise<T> {
  const admin = await engine.session({ room: "scratch" });
  try {
    return await work(admin);
  } finally {
    await admin.close();
  }
}

async function inPglite({ config, extensions, events, clock, cacheDir }: OpenScratchOptions): Promise<Scratch> {
  const { openPglite } = await import("./pglite.ts");
  const release = await baselineOnly();
  const opened = openPglite({ root: config.root, directory: undefined, extensions, cacheDir, events, clock });
  const engine = await opened.catch((error: unknown) => {
    release();
    throw error;
  });
  const session = await engine.session({ room: "scratch" });
  const close = async (): Promise<void> => {
    await session.close();
    await engine.close();
    release();
  };
  return { session, engine: engine.kind, version: engine.version, missing: missing(extensions, await engine.extensions()), close };
}
