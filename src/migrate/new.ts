/** `migrate new`: a file named as the folder's tool names its own. */
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { failure } from "../core/errors.ts";
import type { ActingOperation } from "../core/operation.ts";
import { migrateErrors } from "./errors.ts";
import { findMigrations } from "../core/migration-folder.ts";
import { layoutOf } from "./layouts/layouts.ts";
import { newFiles } from "./new-files.ts";

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
  requires: ["name"],
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
    const dir = findMigrations(ctx.config) ?? join(ctx.config.root, "migrations");
    await mkdir(dir, { recursive: true });
    const layout = await layoutOf(dir, ctx.config.migrate.format);
    const files = newFiles({ layout: layout.name, entries: await readdir(dir), slug, stamp, ts, now: new Date(ctx.clock.now()) });
    for (const [path, text] of files) {
      await mkdir(dirname(join(dir, path)), { recursive: true });
      await writeFile(join(dir, path), text, { flag: "wx" });
    }
    return { path: join(dir, files[0]?.[0] ?? "") };
  },
};
