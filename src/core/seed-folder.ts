/** Where a project keeps its seeders: the seed room reads them, templates for tests are made anew when one changes. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "./config.ts";

/** Looked for where `seed.dir` is not set. */
export const usualSeederFolders = ["seeders", "seeds", "supabase/seeders", "src/seeders"] as const;

/** The configured folder, else the first usual one that exists, else undefined. */
export function findSeeders({ root, seed }: Pick<Config, "root" | "seed">): string | undefined {
  return seed.dir ?? usualSeederFolders.map((name) => join(root, name)).find((path) => existsSync(path));
}
