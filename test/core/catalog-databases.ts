/** Real databases for the tests of the catalog: PGlite, the PostgreSQL of the system, the native one, and those of PGSTEWARD_TEST_URLS. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Engine, Session } from "../../src/core/engine.ts";
import { StewardError } from "../../src/core/errors.ts";
import { quoteIdentifier } from "../../src/core/sql.ts";
import { openNative, stopNative } from "../../src/engines/native.ts";
import { openPglite } from "../../src/engines/pglite.ts";
import { openPostgres } from "../../src/engines/postgres.ts";
import type { Roles } from "./catalog-corpus.ts";

export interface Database {
  readonly name: string;
  readonly version: number;
  readonly session: Session;
  /** Another session of the same database, on servers. */
  readonly connect: () => Promise<Session>;
  readonly close: () => Promise<void>;
}

/** The same names on every server, so that definitions that name them can be compared; our own, so that runs do not meet. */
export const roles: Roles = { reader: `catalog_${process.pid}_reader`, writer: `catalog_${process.pid}_writer` };
const database = `catalog_${process.pid}`;
const root = new URL("../..", import.meta.url).pathname;

export async function pglite(): Promise<Database> {
  const cacheDir = join(tmpdir(), "pgsteward-test-cache");
  const engine = await openPglite({ root, directory: undefined, extensions: ["citext"], cacheDir });
  const session = await engine.session();
  await makeRoles(session);
  const connect = (): never => {
    throw new Error("PGlite has one session");
  };
  return { name: "PGlite", version: engine.version, session, connect, close: () => engine.close() };
}

/** The servers that are there; what is not there is said and skipped. */
export async function servers(): Promise<Database[]> {
  const urls = ["postgres://postgres@127.0.0.1:5432/postgres", ...(process.env["PGSTEWARD_TEST_URLS"] ?? "").split(",").filter(Boolean)];
  const found = await Promise.all(urls.map((url) => ifThere(url, () => server(url))));
  return found.filter((each) => each !== undefined);
}

export function native(): Promise<Database | undefined> {
  return ifThere("the native PostgreSQL", startNative);
}

async function server(url: string): Promise<Database> {
  return databaseOn(await openPostgres({ url }), `PostgreSQL at ${new URL(url).host}`, async () => {});
}

async function startNative(): Promise<Database> {
  const stateDir = mkdtempSync(join(tmpdir(), "pgsteward-catalog-"));
  const config = { root, stateDir, database: "postgres", port: 0, idleTimeoutMs: 120_000, postgresBin: undefined, postgresUser: undefined };
  const remove = async (): Promise<void> => {
    await stopNative(config);
    rmSync(stateDir, { recursive: true, force: true });
  };
  try {
    const engine = await openNative({ config, settings: { fsync: "off" } });
    return await databaseOn(engine, "native PostgreSQL", remove);
  } catch (error) {
    await remove();
    throw error;
  }
}

async function databaseOn(engine: Engine, name: string, after: () => Promise<void>): Promise<Database> {
  const admin = await engine.session();
  await makeRoles(admin);
  await admin.query(`create database ${quoteIdentifier(database)} template template0`);
  const session = await engine.session({ database });
  const close = async (): Promise<void> => {
    await session.close();
    await admin.query(`drop database ${quoteIdentifier(database)} with (force)`);
    await admin.script(`drop role ${roles.reader}; drop role ${roles.writer}`);
    await engine.close();
    await after();
  };
  return { name: `${name} (${engine.version})`, version: engine.version, session, connect: () => engine.session({ database }), close };
}

async function makeRoles(session: Session): Promise<void> {
  await session.script(`create role ${roles.reader}; create role ${roles.writer}`);
}

async function ifThere(what: string, open: () => Promise<Database>): Promise<Database | undefined> {
  try {
    return await open();
  } catch (error) {
    if (!StewardError.is(error) || !["ENGINE_UNREACHABLE", "ENGINE_NOT_INSTALLED", "ENGINE_NO_ACCOUNT"].includes(error.code)) throw error;
    console.log(`skipped: ${what}: ${error.message}`);
    return undefined;
  }
}
