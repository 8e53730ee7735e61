/** Test databases in PGlite: copies of a data directory, made once for the same migrations and seeders. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { cp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface DirectoryTemplate {
  /** Where templates are kept. */
  readonly cacheDir: string;
  readonly content: string;
  /** Migrates and seeds the database of an empty state directory. */
  fill(stateDir: string): Promise<void>;
}

/** Each is some 40 MB. */
const templatesKept = 8;

/** A state directory of its own with the template's content. */
export async function copyTemplate({ cacheDir, content, fill }: DirectoryTemplate): Promise<string> {
  const home = join(cacheDir, "testing");
  const template = join(home, content);
  if (!existsSync(template)) {
    mkdirSync(home, { recursive: true });
    const draft = mkdtempSync(join(home, "draft-"));
    try {
      await fill(draft);
      dropOlder(home);
      renameSync(draft, template);
    } catch (error) {
      rmSync(draft, { recursive: true, force: true });
      // Another process may have been first.
      if (!existsSync(template)) throw error;
    }
  }
  const copy = mkdtempSync(join(tmpdir(), "pgsteward-test-"));
  await cp(template, copy, { recursive: true });
  return copy;
}

function dropOlder(home: string): void {
  const made = (name: string): number => statSync(join(home, name)).mtimeMs;
  const templates = readdirSync(home).filter((name) => !name.startsWith("draft-"));
  for (const name of templates.sort((a, b) => made(b) - made(a)).slice(templatesKept - 1)) {
    rmSync(join(home, name), { recursive: true, force: true });
  }
}
