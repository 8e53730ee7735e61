/** `db psql`: what to run for an interactive session. The command line runs it; a program gets the command. */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { failure } from "../core/errors.ts";
import type { ActingOperation } from "../core/operation.ts";
import { dbErrors } from "./errors.ts";
import { refusePglite } from "./server.ts";

export interface PsqlResult {
  readonly program: string;
  readonly url: string;
}

export const psql: ActingOperation<Record<string, never>, PsqlResult> = {
  kind: "act",
  name: "db psql",
  summary: "open psql on the database; starts the embedded server",
  risk: "reads",
  examples: ["pgsteward db psql"],
  async act(ctx) {
    refusePglite(ctx);
    const program = findPsql(ctx.config.postgresBin, ctx.config.path);
    if (program === undefined) throw failure(dbErrors, "DB_NO_PSQL");
    return { program, url: ctx.config.directUrl ?? ctx.config.url ?? (await ctx.engine()).url() ?? "" };
  },
};

function findPsql(postgresBin: string | undefined, path: string): string | undefined {
  const name = process.platform === "win32" ? "psql.exe" : "psql";
  return [postgresBin ?? "", ...path.split(delimiter)]
    .filter(Boolean)
    .map((dir) => join(dir, name))
    .find((file) => existsSync(file));
}
