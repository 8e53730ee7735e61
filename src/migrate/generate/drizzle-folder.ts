/**
 * A migration in drizzle's folder as drizzle-kit itself would write it: the SQL is ours, the snapshot beside it is
 * drizzle-kit's own, of the same schema. Where that cannot be had the migration is refused, because the next
 * `drizzle-kit generate` would start from a wrong state.
 */
import { access, cp, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { failure } from "../../core/errors.ts";
import { splitStatements } from "../../core/sql-text.ts";
import { migrateErrors } from "../errors.ts";
import { journalIn } from "../layouts/drizzle-journal.ts";
import { ask } from "./drizzle.ts";
import type { DrizzleAnswer, FolderTask } from "./drizzle-talk.ts";
import type { Renamed } from "./decisions.ts";
import type { Declaration } from "./source.ts";

export interface FolderPlan {
  /** Name of the migration. */
  readonly name: string;
  /** Paths within the folder with their content, what makes the rest count last. */
  files(content: Content): Promise<Files>;
}

export interface Content {
  /** The line that says what made it. */
  readonly header: string;
  readonly up: string;
  readonly down: string | undefined;
  readonly renamed: readonly Renamed[];
}

export type Files = readonly (readonly [path: string, text: string])[];

export interface FolderOptions {
  readonly root: string;
  readonly dir: string;
  readonly slug: string;
  readonly now: Date;
  readonly signal: AbortSignal | undefined;
  /** The way out where nothing can be written. */
  readonly instead: string;
}

/** Errors: MIGRATE_DRIZZLE_FOLDER. */
export async function planFolder(declaration: Declaration, options: FolderOptions): Promise<FolderPlan> {
  const { drizzle: answer } = declaration;
  if (!answer) throw refusal(options, `a schema that does not come from drizzle has none (it comes from ${declaration.files.join(", ")})`);
  const isJournaled = await exists(journalIn(options.dir));
  const isOld = answer.kit.startsWith("0.");
  if (isJournaled && !isOld)
    throw refusal(
      options,
      `the folder has the layout of drizzle-kit 0.x, and ${answer.kit} is installed`,
      "move it to the new layout: npx drizzle-kit up",
    );
  if (!isJournaled && isOld && (await holdsMigrations(options.dir)))
    throw refusal(
      options,
      `the folder has the layout of drizzle-kit 1.0, and ${answer.kit} is installed`,
      "npm install --save-dev drizzle-kit@1",
    );
  return isOld ? planJournaled(answer, options) : planDirectory(answer, options);
}

export function refusal({ dir, instead }: FolderOptions, problem: string, hint?: string): Error {
  return failure(
    migrateErrors,
    "MIGRATE_DRIZZLE_FOLDER",
    { dir, problem },
    { hint: hint === undefined ? instead : `${hint}; or ${instead}` },
  );
}

interface Journal {
  readonly version: string;
  readonly dialect: string;
  readonly entries: readonly { readonly idx: number; readonly when: number; readonly tag: string }[];
}

interface Snapshot {
  readonly id: string;
  readonly prevId: string;
  readonly version: string;
}

/** Of drizzle-kit 0.30 and 0.31, in a folder that has none yet. */
const noEntries: Journal = { version: "7", dialect: "postgresql", entries: [] };

/** What the files say beside the SQL. */
type Written = Pick<DrizzleAnswer, "snapshot" | "breakpoints" | "prefix">;

/** 0.x: `<prefix>_<name>.sql`, `meta/<prefix>_snapshot.json` and an entry in the journal. */
export async function planJournaled(answer: Written, options: FolderOptions): Promise<FolderPlan> {
  const path = journalIn(options.dir);
  const journal = (await exists(path)) ? (JSON.parse(await readFile(path, "utf8")) as Journal) : noEntries;
  const prevId = await lastSnapshot(journal, options);
  const last = journal.entries.at(-1);
  const idx = last === undefined ? 0 : last.idx + 1;
  const prefix = prefixOf(answer, idx, options);
  const tag = `${prefix}_${options.slug}`;
  // drizzle's migrator runs what is younger than the last that ran.
  const when = Math.max(options.now.getTime(), (last?.when ?? 0) + 1);
  const entry = { idx, version: journal.version, when, tag, breakpoints: answer.breakpoints };
  const files = ({ down, ...content }: Content): Files => [
    [`${tag}.sql`, textOf(answer, content)],
    ...(down === undefined ? [] : [[`${tag}.down.sql`, `${down}\n`] as const]),
    [`meta/${prefix}_snapshot.json`, JSON.stringify({ ...answer.snapshot, ...(prevId === undefined ? {} : { prevId }) }, null, 2)],
    ["meta/_journal.json", JSON.stringify({ ...journal, entries: [...journal.entries, entry] }, null, 2)],
  ];
  return { name: tag, files: (content) => Promise.resolve(files(content)) };
}

/** The snapshot that the new one follows; undefined for the first. */
async function lastSnapshot({ entries, version, dialect }: Journal, options: FolderOptions): Promise<string | undefined> {
  if (dialect !== "postgresql") throw refusal(options, `its journal is of ${dialect}`);
  const last = entries.at(-1);
  if (last === undefined) return undefined;
  const snapshots = await readSnapshots(options.dir);
  const own = snapshots.get(`${last.tag.split("_")[0]}_snapshot.json`);
  if (!own) throw refusal(options, `${last.tag}, its last migration, has no snapshot in meta/`, "restore it from version control");
  if (version !== "7" || own.version !== "7") throw refusal(options, `its snapshots are of version ${own.version}`, "npx drizzle-kit up");
  const parents = [...snapshots.values()].map(({ prevId }) => prevId);
  if (new Set(parents).size < parents.length)
    throw refusal(options, "two of its snapshots follow the same one", "npx drizzle-kit check says which");
  if (parents.includes(own.id))
    throw refusal(options, `a snapshot follows that of ${last.tag}, its last migration`, "npx drizzle-kit check says which");
  return own.id;
}

async function readSnapshots(dir: string): Promise<ReadonlyMap<string, Snapshot>> {
  const names = (await readdir(join(dir, "meta"))).filter((name) => name.endsWith("_snapshot.json") && !name.startsWith("_"));
  const read = async (name: string): Promise<[string, Snapshot]> => [
    name,
    JSON.parse(await readFile(join(dir, "meta", name), "utf8")) as Snapshot,
  ];
  return new Map(await Promise.all(names.map(read)));
}

function prefixOf({ prefix }: Written, idx: number, options: FolderOptions): string {
  if (prefix === "index") return String(idx).padStart(4, "0");
  if (prefix === "timestamp" || prefix === "supabase") return options.now.toISOString().replaceAll(/\D/g, "").slice(0, 14);
  if (prefix === "unix") return String(Math.floor(options.now.getTime() / 1000));
  throw refusal(options, `migrations.prefix is ${prefix}, with which drizzle-kit loses its snapshots`);
}

/** 1.0: `<14 digits>_<name>/migration.sql` beside `snapshot.json`, which says what changed and can only be had from drizzle-kit's generate itself. */
async function planDirectory(answer: DrizzleAnswer, options: FolderOptions): Promise<FolderPlan> {
  const { root, dir, slug, signal } = options;
  const byDrizzle = async (renames: readonly Renamed[]): Promise<{ name: string; snapshot: string }> => {
    const out = await mkdtemp(join(tmpdir(), "pgsteward-drizzle-"));
    try {
      if (await exists(dir)) await cp(dir, out, { recursive: true });
      const folder: FolderTask = { out, files: answer.files, name: slug, renames };
      const made = await ask({ root, config: undefined, schema: undefined, folder }, signal);
      if (made.kind !== "folder") throw refusal(options, "drizzle-kit answered something else");
      const folderMade = dirname(made.migration);
      return { name: basename(folderMade), snapshot: await readFile(join(folderMade, "snapshot.json"), "utf8") };
    } finally {
      await rm(out, { recursive: true, force: true });
    }
  };
  return {
    name: slug,
    files: async ({ down, ...content }) => {
      const made = await byDrizzle(content.renamed);
      return [
        [`${made.name}/snapshot.json`, made.snapshot],
        ...(down === undefined ? [] : [[`${made.name}/down.sql`, `${down}\n`] as const]),
        [`${made.name}/migration.sql`, textOf(answer, content)],
      ];
    },
  };
}

export function textOf({ breakpoints }: Pick<Written, "breakpoints">, { header, up }: Pick<Content, "header" | "up">): string {
  return `${header}\n${breakpoints ? withBreakpoints(up) : `${up}\n`}`;
}

/** Each statement with the comment above it; drizzle's migrator sends what stands between two breakpoints. */
function withBreakpoints(sql: string): string {
  const ends = splitStatements(sql).map(({ end }) => end + (sql[end] === ";" ? 1 : 0));
  const pieces = ends.map((end, i) => sql.slice(ends[i - 1] ?? 0, end).trim());
  return `${pieces.join("\n--> statement-breakpoint\n")}\n`;
}

async function holdsMigrations(dir: string): Promise<boolean> {
  return (await exists(dir)) && (await readdir(dir, { recursive: true })).some((name) => name.endsWith(".sql"));
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
