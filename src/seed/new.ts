/** `seed new`: a seeder's file with its first lines. */
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { failure } from "../core/errors.ts";
import type { ActingOperation } from "../core/operation.ts";
import { seedErrors } from "./errors.ts";
import { findSeeders } from "./folder.ts";

export interface NewOptions {
  /** What it fills: `pricing plans`. */
  name?: string | undefined;
  /** SQL instead of TypeScript. Default false. */
  sql?: boolean | undefined;
  /** Data instead of TypeScript, with what it declares in a file beside it. Default false. */
  csv?: boolean | undefined;
}

export interface NewResult {
  readonly path: string;
}

export const create: ActingOperation<NewOptions, NewResult> = {
  kind: "act",
  name: "seed new",
  summary: "create a seeder's file",
  risk: "reads",
  requires: ["name"],
  positional: ["name"],
  input: async () => {
    const { z } = await import("zod");
    return z.strictObject({
      name: z.string().describe("what it fills: pricing_plans"),
      sql: z.boolean().optional().describe("a .sql file"),
      csv: z.boolean().optional().describe("a .csv file, with what it declares in a file beside it"),
    });
  },
  examples: ["pgsteward seed new pricing_plans", "pgsteward seed new countries --csv"],
  async act(ctx, { name = "", sql = false, csv = false }) {
    const slug = name.trim().replace(/\s+/g, "_");
    if (!/^[\w-]+$/.test(slug)) throw failure(seedErrors, "SEED_NAME_INVALID", { name: JSON.stringify(name) });
    const dir = findSeeders(ctx.config) ?? join(ctx.config.root, "seeders");
    await mkdir(dir, { recursive: true });
    const base = join(dir, `${nextNumber(await readdir(dir))}_${slug}`);
    const files: readonly (readonly [path: string, text: string])[] = csv
      ? [
          [`${base}.csv`, "id,name\n"],
          [`${base}.csv.json`, `${JSON.stringify({ table: slug, key: ["id"], category: slug, productionSafe: false }, null, 2)}\n`],
        ]
      : sql
        ? [[`${base}.sql`, sqlTemplate(slug)]]
        : [[`${base}.ts`, tsTemplate(slug)]];
    for (const [path, text] of files) await writeFile(path, text, { flag: "wx" });
    return { path: files[0]?.[0] ?? "" };
  },
};

function nextNumber(entries: readonly string[]): string {
  const numbers = entries.flatMap((name) => /^(\d+)[_.-]/.exec(name)?.[1] ?? []);
  const width = Math.max(3, ...numbers.map(({ length }) => length));
  return String(Math.max(0, ...numbers.map(Number)) + 1).padStart(width, "0");
}

const sqlTemplate = (slug: string): string => `-- pgsteward: category=${slug} environments=development,testing

insert into ${slug} (id, name) values (1, 'first')
on conflict (id) do update set name = excluded.name;
`;

const tsTemplate = (slug: string): string => `import { defineSeeder } from "pgsteward/seed";

export default defineSeeder({
  category: "${slug}",
  environments: ["development", "testing"],
  async run(seed) {
    await seed.upsert("${slug}", [{ id: 1, name: "first" }], { key: ["id"] });
  },
});
`;
