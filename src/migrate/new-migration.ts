/** A migration whose content another room brings: named and laid out as the folder's tool has them. */
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { findMigrations } from "../core/migration-folder.ts";
import type { Context } from "../core/operation.ts";
import type { FolderPlan } from "./generate/drizzle-folder.ts";
import { filesOfLayout, type Target, writeAll } from "./generate/write.ts";
import { layoutOf } from "./layouts/layouts.ts";

export interface MigrationContent {
  /** One line. */
  readonly description: string;
  readonly up: string;
  readonly down: string;
}

export interface NewMigration {
  /** True where a file of the folder has this text already. */
  holds(sql: string): boolean;
  /** Writes it; answers with its path. */
  write(content: MigrationContent): Promise<string>;
}

/**
 * Finds out where a migration would go; nothing is written yet. Errors: MIGRATE_NEW_ELSEWHERE, MIGRATE_DRIZZLE_FOLDER where
 * only the tool itself can make one.
 */
export async function newMigration(ctx: Context, slug: string): Promise<NewMigration> {
  const dir = findMigrations(ctx.config) ?? join(ctx.config.root, "migrations");
  const layout = await layoutOf(dir, ctx.config.migrate.format);
  const planned = await planAt(ctx, { dir, layout, slug });
  const texts = await textsIn(dir);
  return {
    holds: (sql) => texts.some((text) => text.includes(sql)),
    write: async ({ description, up, down }) => {
      const files = await planned.files({ header: `-- Description: ${description}`, up, down, renamed: [] });
      await mkdir(dir, { recursive: true });
      await writeAll(dir, files);
      return join(dir, files.map(([path]) => path).find(isUp) ?? "");
    },
  };
}

const isUp = (path: string): boolean => path.endsWith(".sql") && !/(?:^|[/.])down\.sql$/.test(path);

async function planAt(ctx: Context, target: Target): Promise<FolderPlan> {
  const { dir, layout, slug } = target;
  const now = new Date(ctx.clock.now());
  if (layout.name !== "drizzle") return filesOfLayout(target, now);
  const { planCustom } = await import("./generate/drizzle-custom.ts");
  const instead = `put the SQL into \`npx drizzle-kit generate --custom --name ${slug}\``;
  return planCustom({ root: ctx.config.root, dir, slug, now, signal: ctx.signal, instead });
}

async function textsIn(dir: string): Promise<readonly string[]> {
  const entries = await readdir(dir, { recursive: true }).catch(() => []);
  const texts = await Promise.all(entries.filter((name) => name.endsWith(".sql")).map((name) => readFile(join(dir, name), "utf8")));
  return texts.map((text) => text.replaceAll("--> statement-breakpoint\n", ""));
}
