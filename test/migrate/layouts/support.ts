/** Fixtures that real tools made, and a database to put their history tables into. */
import { cp, mkdtemp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, type TestContext } from "node:test";
import type { Session } from "../../../src/core/engine.ts";
import { StewardError } from "../../../src/core/errors.ts";
import { openSession } from "../../../src/engines/session.ts";
import type { MigrationFile } from "../../../src/migrate/file.ts";
import type { ForeignRow, Layout } from "../../../src/migrate/layouts/layout.ts";

export const fixture = (...parts: readonly string[]): string => join(import.meta.dirname, "fixtures", ...parts);

/** A folder of one's own with these files; removed after the test. */
export async function folder(t: TestContext, files: Readonly<Record<string, string>> = {}): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "pgsteward-layouts-"));
  t.after(() => rm(dir, { recursive: true }));
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(dir, name)), { recursive: true });
    await writeFile(join(dir, name), text);
  }
  return dir;
}

/** A copy of a fixture whose files `change` has rewritten; the folder's own name is kept. */
export async function copyOf(t: TestContext, path: string, change: (text: string) => string = (text) => text): Promise<string> {
  const dir = await folder(t);
  await cp(path, dir, { recursive: true });
  for (const name of await readdir(dir, { recursive: true })) {
    if (!/\.(sql|conf|json|toml)$/.test(name)) continue;
    await writeFile(join(dir, name), change(await readFile(join(dir, name), "utf8")));
  }
  return dir;
}

/** As a checkout on Windows has it. */
export const toCrlf = (text: string): string => text.replaceAll("\n", "\r\n");

interface Database {
  readonly session: Session;
  close(): Promise<void>;
}

let database: Promise<Database | string> | undefined;

after(async () => {
  const opened = await database;
  if (opened !== undefined && typeof opened !== "string") await opened.close();
});

/** A database of the test file's own: on the server, in PGlite where there is no server, or why there is neither. */
async function open(): Promise<Database | string> {
  const url = process.env["PGSTEWARD_TEST_URL"] ?? "postgres://postgres@127.0.0.1:5432/postgres";
  try {
    return await onServer(url);
  } catch (noServer) {
    return openEmbedded().catch((error: unknown) => {
      if (!StewardError.is(error) || error.code !== "ENGINE_NOT_INSTALLED") throw error;
      return `${(noServer as Error).message}; ${error.message}`;
    });
  }
}

async function onServer(url: string): Promise<Database> {
  const name = `pgsteward_layouts_${process.pid}`;
  const admin = await openSession({ url, connectTimeoutMs: 3000 });
  await admin.query(`create database ${name}`);
  const session = await openSession({ url, database: name });
  const close = async (): Promise<void> => {
    await session.close();
    await admin.query(`drop database ${name}`);
    await admin.close();
  };
  return { session, close };
}

async function openEmbedded(): Promise<Database> {
  const { openPglite } = await import("../../../src/engines/pglite.ts");
  const engine = await openPglite({ root: process.cwd(), directory: undefined, cacheDir: join(tmpdir(), "pgsteward-test-cache") });
  return { session: await engine.session(), close: () => engine.close() };
}

/** Runs `body` in a transaction of its own that is rolled back; skips the test where there is no database. */
export async function withDatabase(t: TestContext, script: string, body: (session: Session) => Promise<void>): Promise<void> {
  database ??= open();
  const opened = await database;
  if (typeof opened === "string") return t.skip(`no database: ${opened}`);
  const { session } = opened;
  await session.script(`begin; set local timezone = 'UTC'; set local search_path = ''; ${script}`);
  try {
    await body(session);
  } finally {
    await session.script("rollback");
  }
}

/** The history that a fixture's tool left. */
export const historyOf = (name: string): Promise<string> => readFile(fixture(name, "history.sql"), "utf8");

/** A history's rows, short: `label → file, checksum, finished`. */
export const shown = (rows: readonly ForeignRow[] | undefined): readonly string[] | undefined =>
  rows?.map(({ label, file, checksumMatches, finished }) => {
    const checksum = checksumMatches === undefined ? "no checksum" : checksumMatches ? "same" : "edited";
    return `${label} → ${file?.name ?? "no file"}, ${checksum}${finished ? "" : ", not finished"}`;
  });

export async function historyRows(
  layout: Layout,
  session: Session,
  files: readonly MigrationFile[],
): Promise<readonly ForeignRow[] | undefined> {
  return layout.history?.read(session, files);
}

export const hasCode =
  (code: string, pattern: RegExp = /./): ((error: unknown) => boolean) =>
  (error) =>
    StewardError.is(error) && error.code === code && pattern.test(error.message);
