/** Throw-away databases on one native server, which the first test of a run starts and all others attach to. */
import { createHash, randomBytes } from "node:crypto";
import { chmodSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, type TestContext } from "node:test";
import type { Session } from "../../src/core/engine.ts";
import { quoteIdentifier } from "../../src/core/sql.ts";
import { type NativeEngine, openNative } from "../../src/engines/native.ts";
import { postgresBin, projectConfig } from "./project.ts";

const checkout = createHash("sha256")
  .update(import.meta.dirname + (postgresBin ?? ""))
  .digest("hex")
  .slice(0, 8);

/** Kept between runs: the shared server's data, and the template of PGlite. One for each user, checkout and PostgreSQL of a machine. */
export const testRoot: string = join(tmpdir(), `pgsteward-test-${process.getuid?.() ?? 0}-${checkout}`);
/** Cache directory for PGlite in tests: its initdb runs once per machine. */
export const testCacheDir: string = join(testRoot, "cache");

export interface TestDatabase {
  readonly name: string;
  readonly url: string;
  /** The shared server, opened on this database. */
  readonly engine: NativeEngine;
  /** A session on it, closed at the end. */
  readonly session: Session;
}

/**
 * An empty database, dropped when the test (or, without `t`, every test of the file) has passed; kept, and its name
 * printed, when one has failed.
 */
export async function testDatabase(t?: TestContext): Promise<TestDatabase> {
  const name = `test_${today()}_${randomBytes(5).toString("hex")}`;
  const server = await testServer("postgres");
  await withAdmin(server, async (admin) => {
    await dropOld(admin);
    const strategy = server.version >= 150_000 ? " strategy file_copy" : "";
    await admin.query(`create database ${quoteIdentifier(name)} template template0${strategy}`);
  });
  const engine = await testServer(name);
  const session = await engine.session({ room: "test" });
  atTheEnd(t, async (passed) => {
    await engine.close();
    if (passed) await withAdmin(server, (admin) => admin.query(`drop database ${quoteIdentifier(name)} with (force)`));
    else console.error(`database ${name} is kept: ${engine.url()}`);
    await server.close();
  });
  return { name, url: engine.url(), engine, session };
}

/** The shared server; it stops by itself half a minute after the last test. Not durable: nothing on it outlives a crash. */
export function testServer(database: string): Promise<NativeEngine> {
  mkdirSync(testRoot, { recursive: true });
  chmodSync(testRoot, 0o755);
  return openNative({
    config: projectConfig(testRoot, { database, idleTimeout: "30s" }),
    watchIntervalMs: 5_000,
    room: "test",
    settings: { fsync: "off", synchronous_commit: "off", full_page_writes: "off", max_connections: "300" },
  });
}

function atTheEnd(t: TestContext | undefined, finish: (passed: boolean) => Promise<void>): void {
  if (t) return t.after(() => finish(hasPassed(t)));
  let passed = true;
  afterEach((one) => {
    passed &&= hasPassed(one);
  });
  after(() => finish(passed));
}

/** Node has it since 22; @types/node does not know it. */
function hasPassed(test: unknown): boolean {
  return (test as { readonly passed: boolean }).passed;
}

async function withAdmin(server: NativeEngine, work: (admin: Session) => Promise<unknown>): Promise<void> {
  const admin = await server.session();
  try {
    await work(admin);
  } finally {
    await admin.close();
  }
}

/** Those that failed tests of other days have left. */
async function dropOld(admin: Session): Promise<void> {
  const { rows } = await admin.query<{ name: string }>(
    "select datname as name from pg_database where datname ~ '^test_[0-9]+_[0-9a-f]{10}$' and split_part(datname, '_', 2)::int < $1",
    [today() - 1],
  );
  for (const { name } of rows) await admin.query(`drop database if exists ${quoteIdentifier(name)}`).catch(() => {});
}

function today(): number {
  return Math.floor(Date.now() / 86_400_000);
}
