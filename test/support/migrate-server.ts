/** Databases for the tests of the migrate room and the command line: one native server for the whole run, a database for each test. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { setTimeout } from "node:timers/promises";
import type { Session } from "../../src/core/engine.ts";
import { quoteIdentifier } from "../../src/core/sql.ts";
import { openSession } from "../../src/engines/session.ts";
import { testServer } from "./testDatabase.ts";

export const root: string = join(import.meta.dirname, "..", "..");

let server: Promise<string> | undefined;

/** The URL of the shared server's database `postgres`. */
export function serverUrl(): Promise<string> {
  server ??= start();
  return server;
}

async function start(): Promise<string> {
  const engine = await testServer("postgres");
  const url = engine.url();
  await engine.close();
  return url;
}

/** The server of TEST_DATABASE_URL, or the one that listens on 127.0.0.1:5432; undefined where there is none. */
export async function systemUrl(): Promise<string | undefined> {
  const url = process.env["TEST_DATABASE_URL"] ?? "postgres://postgres@127.0.0.1:5432/postgres";
  try {
    await (await openSession({ url, connectTimeoutMs: 3000 })).close();
    return url;
  } catch {
    return undefined;
  }
}

const deferred = new WeakMap<TestContext, (() => unknown)[]>();

/** Runs after the test, before everything that was deferred earlier. `t.after` runs in the order of the calls. */
export function defer(t: TestContext, work: () => unknown): void {
  const known = deferred.get(t);
  if (known) return void known.push(work);
  const list = [work];
  deferred.set(t, list);
  t.after(async () => {
    for (const each of list.toReversed()) await each();
  });
}

export interface FreshDatabase {
  readonly name: string;
  readonly url: string;
  /** A session beside the one under test; closed with the test. */
  session(): Promise<Session>;
}

export interface DatabaseOptions {
  /** Default: the shared native server. */
  readonly server?: string;
  /** Part of the name, from which the environment is guessed. Default `app`. */
  readonly prefix?: string;
  /** A database that nobody is connected to. Default `template0`. */
  readonly template?: string;
}

/** An empty database; dropped after the test, kept and named where the test failed. */
export async function freshDatabase(
  t: TestContext,
  { server, prefix = "app", template = "template0" }: DatabaseOptions = {},
): Promise<FreshDatabase> {
  const base = server ?? (await serverUrl());
  const name = `${prefix}_${randomBytes(5).toString("hex")}`;
  const url = withDatabase(base, name);
  await onServer(base, (admin) => admin.query(`create database ${quoteIdentifier(name)} template ${quoteIdentifier(template)}`));
  defer(t, async () => {
    if (!passed(t)) return t.diagnostic(`kept: ${url}`);
    await onServer(base, (admin) => admin.query(`drop database if exists ${quoteIdentifier(name)} with (force)`));
  });
  const session = async (): Promise<Session> => {
    const opened = await openSession({ url });
    defer(t, () => opened.close());
    return opened;
  };
  return { name, url, session };
}

/** @types/node does not know it yet. */
const passed = (t: TestContext): boolean => (t as TestContext & { readonly passed: boolean }).passed;

export async function onServer<T>(url: string, work: (admin: Session) => Promise<T>): Promise<T> {
  const admin = await openSession({ url });
  try {
    return await work(admin);
  } finally {
    await admin.close();
  }
}

export function withDatabase(url: string, name: string): string {
  return url.replace(/\/[^/?]*(\?|$)/, `/${encodeURIComponent(name)}$1`);
}

/** Asks again and again until there is a row; resolves to the first. */
export async function until<R = Record<string, unknown>>(session: Session, query: string, values: readonly unknown[] = []): Promise<R> {
  for (;;) {
    const { rows } = await session.query<R>(query, values);
    if (rows[0] !== undefined) return rows[0];
    await setTimeout(20);
  }
}

/** The backend of a migration that sleeps, or waits for a lock in a statement that `pattern` finds. */
export async function waitingBackend(session: Session, pattern = "."): Promise<number> {
  const { pid } = await until<{ pid: number }>(
    session,
    `select pid from pg_stat_activity where datname = current_database() and application_name = 'pgsteward/migrate' and state = 'active'
      and (wait_event = 'PgSleep' or (wait_event_type = 'Lock' and query ~ $1))`,
    [pattern],
  );
  return pid;
}
