/** A folder of migrations with a database, to be worked on by the library, by the command line and by child processes. */
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { TestContext } from "node:test";
import { readCatalog } from "../../src/core/catalog.ts";
import type { ConfigInput } from "../../src/core/config.ts";
import type { Session } from "../../src/core/engine.ts";
import { StewardError } from "../../src/core/errors.ts";
import type { StewardEvent } from "../../src/core/events.ts";
import { createSteward, type Steward, type StewardOptions } from "../../src/steward.ts";
import { defer, type DatabaseOptions, type FreshDatabase, freshDatabase } from "./migrate-server.ts";

export type Files = Readonly<Record<string, string | Uint8Array>>;

export interface Project extends FreshDatabase {
  readonly dir: string;
  readonly migrations: string;
  /** What happened to the stewards of this project, in order. */
  readonly events: StewardEvent[];
  /** Writes into the folder of migrations. */
  write(files: Files): Promise<void>;
  remove(name: string): Promise<void>;
  /** A steward on the database; closed with the test, before the database is dropped. */
  steward(config?: ConfigInput, options?: Partial<StewardOptions>): Promise<Steward>;
  /** The catalog's fingerprint. */
  fingerprint(): Promise<string>;
  /** The names in force, in the order of application. */
  applied(): Promise<string[]>;
}

/** An empty directory that goes with the test. */
export async function temporary(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "pgsteward-test-"));
  defer(t, () => rm(dir, { recursive: true, force: true }));
  return dir;
}

export async function writeFiles(dir: string, files: Files): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(dir, name)), { recursive: true });
    await writeFile(join(dir, name), text);
  }
}

export async function project(t: TestContext, files: Files = {}, options: DatabaseOptions = {}): Promise<Project> {
  const database = await freshDatabase(t, options);
  const dir = await temporary(t);
  const migrations = join(dir, "migrations");
  await mkdir(migrations);
  await writeFiles(migrations, files);
  const events: StewardEvent[] = [];
  let side: Promise<Session> | undefined;
  const beside = (): Promise<Session> => (side ??= database.session());
  return {
    ...database,
    dir,
    migrations,
    events,
    write: (more) => writeFiles(migrations, more),
    remove: (name) => rm(join(migrations, name)),
    steward: async (config = {}, more = {}) => {
      const steward = await createSteward({
        cwd: dir,
        env: { PATH: process.env["PATH"], USER: "tester" },
        config: { url: database.url, scratch: "target", ...config },
        onEvent: (event) => void events.push(event),
        ...more,
      });
      defer(t, () => steward.close());
      return steward;
    },
    fingerprint: async () => (await readCatalog(await beside())).fingerprint,
    applied: async () => {
      const { rows } = await (await beside()).query<{ name: string }>(
        "select name from pgsteward.migration where state = 'applied' order by position",
      );
      return rows.map(({ name }) => name);
    },
  };
}

/** Every file with its line ends as a checkout on Windows has them. */
export const toCrlf = (files: Files): Files =>
  Object.fromEntries(Object.entries(files).map(([name, text]) => [name, String(text).replaceAll("\n", "\r\n")]));

/** The failure of `work`, which must be one of ours with this code. */
export async function failureOf(work: Promise<unknown>, code: string): Promise<StewardError> {
  let done: unknown;
  try {
    done = await work;
  } catch (error) {
    if (!StewardError.is(error)) throw error;
    if (error.code === code) return error;
    throw new Error(`expected ${code}, got ${error.code}: ${error.message}`, { cause: error });
  }
  throw new Error(`expected ${code}, got ${JSON.stringify(done, (_, value) => (typeof value === "bigint" ? Number(value) : value))}`);
}

/** The names of the files in a folder. */
export const entriesOf = async (dir: string): Promise<string[]> => (await readdir(dir)).sort();
