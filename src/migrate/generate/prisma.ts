/** A Prisma schema as SQL, by the project's own Prisma CLI: it works where its native engine is there. */
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { failure } from "../../core/errors.ts";
import { migrateErrors } from "../errors.ts";
import type { Declaration } from "./source.ts";

interface Cli {
  readonly version: string;
  readonly script: string;
}

/** Errors: MIGRATE_ORM_MISSING, MIGRATE_PRISMA_FAILED. */
export async function readPrisma(root: string, path: string, signal: AbortSignal | undefined): Promise<Declaration> {
  const cli = findCli(root);
  // 7.0 took the long name away, and versions before it do not know the short one.
  const target = Number(cli.version.split(".")[0]) >= 7 ? "--to-schema" : "--to-schema-datamodel";
  const args = ["migrate", "diff", "--from-empty", target, path, "--script"];
  const sql = await run(root, cli, args, signal);
  return { source: "prisma", files: [path], sql, whole: false };
}

function findCli(root: string): Cli {
  const dirs = createRequire(join(root, "package.json")).resolve.paths("prisma") ?? [];
  const dir = dirs.map((parent) => join(parent, "prisma")).find((one) => existsSync(join(one, "package.json")));
  if (dir === undefined)
    throw failure(migrateErrors, "MIGRATE_ORM_MISSING", { package: "prisma", root, install: "npm install --save-dev prisma" });
  const { version, bin } = JSON.parse(readFileSync(join(dir, "package.json"), "utf8")) as {
    version: string;
    bin: string | { prisma: string };
  };
  return { version, script: join(dir, typeof bin === "string" ? bin : bin.prisma) };
}

function run(root: string, { script, version }: Cli, args: readonly string[], signal: AbortSignal | undefined): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [script, ...args], { cwd: root, signal, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (!error) return resolve(stdout);
      const command = `prisma ${args.join(" ")}`;
      reject(failure(migrateErrors, "MIGRATE_PRISMA_FAILED", { command, version }, { cause: error, detail: `${stderr}${stdout}`.trim() }));
    });
  });
}
