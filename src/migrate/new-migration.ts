/** A migration whose content another room brings: named and laid out as the folder's tool has them. */
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { findMigrations } from "../core/migration-folder.ts";
import type { Context } from "../core/operation.ts";
import { filesOfLayout, writeAll } from "./generate/write.ts";
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

/** Finds out where a migration would go; nothing is written yet. Errors: MIGRATE_NEW_ELSEWHERE where only the tool itself can make one. */
export async function newMigration(ctx: Context, slug: string): Promise<NewMigration> {
  const dir = findMigrations(ctx.config) ?? join(ctx.config.root, "migrations");
  const layout = await layoutOf(dir, ctx.config.migrate.format);
  const planned = await filesOfLayout({ dir, layout, slug }, new Date(ctx.clock.now()));
  const texts = await textsIn(dir);
  return {
    holds: (sql) => texts.some((text) => text.includes(sql)),
    write: async ({ description, up, down }) => {
      const files = await planned.files({ header: `-- Description: ${description}`, up, down, renamed: [] });
      await mkdir(dir, { recursive: true });
      await writeAll(dir, files);
      return join(dir, files[0]?.[0] ?? "");
    },
  };
}

async function textsIn(dir: string): Promise<readonly string[]> {
  const entries = await readdir(dir, { recursive: true }).catch(() => []);
  return Promise.all(entries.filter((name) => name.endsWith(".sql")).map((name) => readFile(join(dir, name), "utf8")));
}
