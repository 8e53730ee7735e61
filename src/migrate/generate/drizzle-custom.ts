/**
 * A migration in drizzle's folder that no schema declares: what `drizzle-kit generate --custom` would leave. Its snapshot
 * is that of the last migration under an id of its own, so that the next `drizzle-kit generate` starts where it would have.
 */
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { sha256 } from "../../core/hash.ts";
import { journalIn, readJournal } from "../layouts/drizzle-journal.ts";
import { type Content, type Files, type FolderOptions, type FolderPlan, planJournaled, refusal, textOf } from "./drizzle-folder.ts";

/** Errors: MIGRATE_DRIZZLE_FOLDER. */
export function planCustom(options: FolderOptions): Promise<FolderPlan> {
  return existsSync(journalIn(options.dir)) ? customJournaled(options) : customDirectory(options);
}

type Snapshot = Readonly<Record<string, unknown>> & { readonly id: string };

async function customJournaled(options: FolderOptions): Promise<FolderPlan> {
  const last = (await readJournal(journalIn(options.dir))).at(-1);
  if (last === undefined) throw refusal(options, "it has no migration yet whose snapshot the new one could follow");
  const [prefix = ""] = last.tag.split("_");
  const before = await snapshotAt(options, join(options.dir, "meta", `${prefix}_snapshot.json`), last.tag);
  const snapshot = { ...before, id: idAfter(before.id, options.slug) };
  return planJournaled({ snapshot, breakpoints: true, prefix: kindOf(prefix) }, options);
}

/** As `migrations.prefix` names it. */
function kindOf(prefix: string): string {
  if (/^\d{4}$/.test(prefix)) return "index";
  if (/^\d{14}$/.test(prefix)) return "timestamp";
  return /^\d{10}$/.test(prefix) ? "unix" : "none";
}

async function customDirectory(options: FolderOptions): Promise<FolderPlan> {
  const { dir, slug, now } = options;
  const names = (await readdir(dir).catch(() => [])).filter((name) => /^\d{14}_/.test(name)).sort();
  const snapshots = await Promise.all(names.map((name) => snapshotAt(options, join(dir, name, "snapshot.json"), name)));
  const followed = new Set(snapshots.flatMap(({ prevIds }) => prevIds as readonly string[]));
  const [last, ...others] = snapshots.filter(({ id }) => !followed.has(id));
  if (last === undefined) throw refusal(options, "it has no migration yet whose snapshot the new one could follow");
  if (others.length > 0) throw refusal(options, "two of its migrations are the last one", "npx drizzle-kit check says which");
  const name = `${stampAfter(names.at(-1) ?? "", now)}_${slug}`;
  const snapshot = { ...last, id: idAfter(last.id, slug), prevIds: [last.id], renames: [] };
  const files = ({ down, ...content }: Content): Files => [
    [`${name}/snapshot.json`, JSON.stringify(snapshot, null, 2)],
    ...(down === undefined ? [] : [[`${name}/down.sql`, `${down}\n`] as const]),
    [`${name}/migration.sql`, textOf({ breakpoints: true }, content)],
  ];
  return { name, files: (content) => Promise.resolve(files(content)) };
}

async function snapshotAt(options: FolderOptions, path: string, migration: string): Promise<Snapshot> {
  const text = await readFile(path, "utf8").catch(() => {
    throw refusal(options, `${migration} has no snapshot`, "restore it from version control");
  });
  return JSON.parse(text) as Snapshot;
}

/** drizzle applies directories in the order of their names. */
function stampAfter(last: string, now: Date): string {
  const stamp = now.toISOString().replaceAll(/\D/g, "").slice(0, 14);
  return last.slice(0, 14) < stamp ? stamp : String(BigInt(last.slice(0, 14)) + 1n);
}

/** In the form of a UUID: drizzle-kit refuses other ids. */
function idAfter(before: string, slug: string): string {
  const digits = sha256(`${before} ${slug}`);
  return [digits.slice(0, 8), digits.slice(8, 12), `4${digits.slice(13, 16)}`, `8${digits.slice(17, 20)}`, digits.slice(20, 32)].join("-");
}
