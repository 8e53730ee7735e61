/** What a new migration is called and begins with, layout by layout. */
import { failure } from "../core/errors.ts";
import { migrateErrors } from "./errors.ts";
import type { LayoutName } from "./layouts/layout.ts";
import { versionOf } from "./layouts/pgsteward.ts";

export interface NewFile {
  readonly layout: LayoutName;
  /** What the folder holds. */
  readonly entries: readonly string[];
  readonly slug: string;
  /** Stamp, or number; undefined does as the folder does. */
  readonly stamp: boolean | undefined;
  readonly ts: boolean;
  readonly now: Date;
}

type Files = readonly (readonly [path: string, text: string])[];

/** Paths within the folder, with their first content. Errors: MIGRATE_NEW_ELSEWHERE where only the tool itself can make one. */
export function newFiles(file: NewFile): Files {
  const { layout, entries, slug, now, ts } = file;
  const stamped = `${laterThan(entries.map(versionOf), stampOf(now))}_${slug}`;
  if (ts && layout !== "pgsteward")
    throw failure(migrateErrors, "MIGRATE_NEW_ELSEWHERE", {
      what: "a .ts migration",
      tool: layout,
      command: "a folder of pgsteward's own layout",
    });
  switch (layout) {
    case "pgsteward":
      return ownFiles(file);
    case "prisma":
      return [[`${stamped}/migration.sql`, `-- ${slug}\n`]];
    case "supabase":
      return [[`${stamped}.sql`, `-- Migration: ${slug}\n-- Description:\n\n`]];
    case "dbmate":
      return [[`${stamped}.sql`, "-- migrate:up\n\n\n-- migrate:down\n\n"]];
    case "node-pg-migrate":
      return [[`${now.getTime()}_${slug}.sql`, "-- Up Migration\n\n\n-- Down Migration\n\n"]];
    case "golang-migrate":
      return pair(`${nextNumber(entries, 6)}_${slug}`);
    case "flyway":
      return [[`V${nextNumber(entries, 1)}__${slug}.sql`, `-- ${slug}\n`]];
    case "drizzle":
      throw failure(migrateErrors, "MIGRATE_NEW_ELSEWHERE", {
        what: "a migration",
        tool: layout,
        command: `npx drizzle-kit generate --custom --name ${slug}`,
      });
    case "graphile-migrate":
      throw failure(migrateErrors, "MIGRATE_NEW_ELSEWHERE", {
        what: "a migration",
        tool: layout,
        command: "current.sql and npx graphile-migrate commit",
      });
  }
}

/** Numbers go on as wide as they are; a folder of stamps, or of files without a number, gets a stamp (decision 0007). */
function ownFiles({ entries, slug, stamp, ts, now }: NewFile): Files {
  const files = entries.filter((name) => /\.(sql|ts|mts|js|mjs)$/.test(name) && !/^[._]/.test(name));
  const numbered = files.some((name) => versionOf(name) !== "" && versionOf(name).length < 10);
  const stamps = stamp ?? (!numbered && files.length > 0);
  const version = stamps ? laterThan(files.map(versionOf), stampOf(now)) : nextNumber(files, 3);
  const name = `${version}_${slug}`;
  if (ts) return [[`${name}.ts`, tsTemplate]];
  const pairs = files.length > 0 && files.every((entry) => /\.(up|down)\.sql$/.test(entry));
  return pairs ? pair(name) : [[`${name}.sql`, `-- Migration: ${name}\n-- Description:\n\n-- Up migration\n\n\n-- Down migration\n\n`]];
}

function pair(name: string): Files {
  return [
    [`${name}.up.sql`, `-- Migration: ${name}\n-- Description:\n\n`],
    [`${name}.down.sql`, ""],
  ];
}

function nextNumber(entries: readonly string[], width: number): string {
  const numbers = entries.map(versionOf).filter((version) => version !== "" && version.length < 10);
  const last = Math.max(0, ...numbers.map(Number));
  return String(last + 1).padStart(Math.max(width, ...numbers.map(({ length }) => length)), "0");
}

function stampOf(now: Date): string {
  return now.toISOString().replace(/\D/g, "").slice(0, 14);
}

/** Two migrations made within a second would get one stamp. */
function laterThan(versions: readonly string[], stamp: string): string {
  let next = BigInt(stamp);
  while (versions.includes(String(next))) next++;
  return String(next);
}

const tsTemplate = `import type { Session } from "pgsteward";

// Over a big table: export const backfill = { table: "public.users", batch: 1000 }; up(session, rows) then gets it in chunks.
export async function up(session: Session): Promise<void> {
  await session.query("select 1");
}

export async function down(session: Session): Promise<void> {
  await session.query("select 1");
}
`;
