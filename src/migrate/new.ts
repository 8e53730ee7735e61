/** `migrate new`: a file with the next number, or a stamp where the folder uses stamps or has no numbers. */
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { failure } from "../core/errors.ts";
import type { ActingOperation } from "../core/operation.ts";
import { migrateErrors } from "./errors.ts";
import { findFolder } from "./folder.ts";
import { versionOf } from "./layouts/pgsteward.ts";

export interface NewOptions {
  /** What it does: `add users`. */
  name?: string | undefined;
  /** Stamp instead of the next number. Default: as the folder does. */
  stamp?: boolean | undefined;
  /** A `.ts` migration, for changes of data. Default false. */
  ts?: boolean | undefined;
}

export interface NewResult {
  readonly path: string;
}

export const create: ActingOperation<NewOptions, NewResult> = {
  kind: "act",
  name: "migrate new",
  summary: "create a migration file",
  risk: "reads",
  positional: ["name"],
  input: async () => {
    const { z } = await import("zod");
    return z.strictObject({
      name: z.string().describe("what it does: add_users"),
      stamp: z.boolean().optional().describe("stamp the file with the time (default: as the folder does)"),
      ts: z.boolean().optional().describe("create a .ts migration, for changes of data"),
    });
  },
  examples: ["pgsteward migrate new add_users", "pgsteward migrate new backfill_emails --ts"],
  async act(ctx, { name = "", stamp, ts = false }) {
    const slug = name.trim().replace(/\s+/g, "_");
    if (!/^[\w-]+$/.test(slug)) throw failure(migrateErrors, "MIGRATE_NAME_INVALID", { name: JSON.stringify(name) });
    const dir = findFolder(ctx.config) ?? join(ctx.config.root, "migrations");
    await mkdir(dir, { recursive: true });
    const version = nextVersion(await readdir(dir), stamp, new Date(ctx.clock.now()));
    const path = join(dir, `${version}_${slug}.${ts ? "ts" : "sql"}`);
    await writeFile(path, ts ? tsTemplate : sqlTemplate(`${version}_${slug}`), { flag: "wx" });
    return { path };
  },
};

/** Numbers go on as wide as they are; a folder of stamps, or of files without a number, gets a stamp (decision 0007). */
export function nextVersion(entries: readonly string[], stamp: boolean | undefined, now: Date): string {
  const files = entries.filter((name) => /\.(sql|ts|mts|js|mjs)$/.test(name) && !/^[._]/.test(name));
  const versions = files.map(versionOf);
  const numbers = versions.filter((version) => version !== "" && version.length < 10);
  const stamps = stamp ?? (numbers.length === 0 && files.length > 0);
  if (stamps) return laterThan(versions, now.toISOString().replace(/\D/g, "").slice(0, 14));
  const last = Math.max(0, ...numbers.map(Number));
  const width = Math.max(3, ...numbers.map(({ length }) => length));
  return String(last + 1).padStart(width, "0");
}

/** Two migrations made within a second would get one stamp. */
function laterThan(versions: readonly string[], stamp: string): string {
  let next = BigInt(stamp);
  while (versions.includes(String(next))) next++;
  return String(next);
}

function sqlTemplate(name: string): string {
  return `-- Migration: ${name}\n-- Description:\n\n-- Up migration\n\n\n-- Down migration\n\n`;
}

const tsTemplate = `import type { Session } from "pgsteward";

export async function up(session: Session): Promise<void> {
  await session.query("select 1");
}

export async function down(session: Session): Promise<void> {
  await session.query("select 1");
}
`;
