/** drizzle's journal: the order of the migrations, and when each was generated. */
import { join } from "node:path";
import { failure } from "../../core/errors.ts";
import { migrateErrors } from "../errors.ts";
import { readText } from "../file.ts";

export interface Entry {
  readonly tag: string;
  /** When it was generated, in ms. */
  readonly when: number;
}

export const journalIn = (dir: string): string => join(dir, "meta", "_journal.json");

export async function readJournal(path: string): Promise<readonly Entry[]> {
  let journal: { readonly entries?: unknown };
  try {
    journal = JSON.parse(await readText(path)) as { entries?: unknown };
  } catch (cause) {
    throw invalid(path, (cause as Error).message, cause);
  }
  const isEntry = (entry: Partial<Entry> | null): boolean => typeof entry?.tag === "string" && typeof entry.when === "number";
  if (!Array.isArray(journal?.entries) || !journal.entries.every(isEntry))
    throw invalid(path, "entries with a tag and a time are expected");
  return journal.entries as readonly Entry[];
}

function invalid(journal: string, problem: string, cause?: unknown): Error {
  return failure(migrateErrors, "MIGRATE_JOURNAL_INVALID", { journal, problem }, { cause });
}
