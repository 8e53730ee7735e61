/** `migrate.prelude`: what the platform brings elsewhere, as SQL. */
import { readFile } from "node:fs/promises";
import { failure } from "../core/errors.ts";
import type { Context } from "../core/operation.ts";
import type { Step } from "../core/plan.ts";
import { migrateErrors } from "./errors.ts";

/** Never on a database that may be the platform's own. */
export async function preludeSteps({ config, target }: Context): Promise<readonly Step[]> {
  const file = config.migrate.prelude;
  if (file === undefined || !["development", "testing"].includes(target.environment)) return [];
  const text = await readPrelude(file);
  return [{ title: "prelude", sql: text.trim(), transaction: "own", script: `begin;\n${text}\n;\ncommit;` }];
}

/** The text of `migrate.prelude`. */
export function readPrelude(path: string): Promise<string> {
  return readFile(path, "utf8").catch((cause: unknown) => {
    throw failure(migrateErrors, "MIGRATE_PRELUDE_MISSING", { path }, { cause });
  });
}
