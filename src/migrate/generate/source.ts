/** Where a schema is declared: drizzle's TypeScript, Prisma's own language, or plain SQL. */
import { existsSync, statSync } from "node:fs";
import { extname, join, resolve } from "node:path";
import type { Config } from "../../core/config.ts";
import { failure } from "../../core/errors.ts";
import type { Context } from "../../core/operation.ts";
import { migrateErrors } from "../errors.ts";
import type { DrizzleAnswer } from "./drizzle-talk.ts";

export type SourceName = "drizzle" | "prisma" | "schema";

/** A declared schema as SQL. */
export interface Declaration {
  readonly source: SourceName;
  /** The files that declare it, for people. */
  readonly files: readonly string[];
  /** What makes all of it from nothing. */
  readonly sql: string;
  /** It declares everything that there shall be; a tool's schema has no triggers, functions, grants and comments. */
  readonly whole: boolean;
  /** What drizzle-kit has to write beside a migration in a folder of its own. */
  readonly drizzle?: DrizzleAnswer;
}

export interface SourceOptions {
  readonly from?: SourceName | undefined;
  readonly schema?: string | undefined;
}

const usual: Readonly<Record<SourceName, readonly string[]>> = {
  drizzle: ["drizzle.config.ts", "drizzle.config.js", "drizzle.config.mjs", "drizzle.config.json"],
  prisma: ["prisma/schema.prisma", "schema.prisma", "prisma/schema"],
  schema: ["schema.sql"],
};

/** Errors: MIGRATE_GENERATE_NO_SCHEMA, MIGRATE_GENERATE_AMBIGUOUS, and those of the tools. */
export async function readDeclaration(ctx: Context, options: SourceOptions): Promise<Declaration> {
  const { config, signal } = ctx;
  const source = sourceOf(config, options);
  const schema = options.schema;
  if (schema !== undefined && !/[*?{]/.test(schema) && !existsSync(resolve(config.root, schema)))
    throw failure(migrateErrors, "MIGRATE_GENERATE_NO_SCHEMA", { looked: resolve(config.root, schema) });
  const usualPath = firstUsual(config, source);
  if (source === "drizzle") {
    const { readDrizzle } = await import("./drizzle.ts");
    return readDrizzle({ root: config.root, config: usualPath, schema }, signal);
  }
  const path = schema === undefined ? usualPath : resolve(config.root, schema);
  if (path === undefined) throw failure(migrateErrors, "MIGRATE_GENERATE_NO_SCHEMA", { looked: usual[source].join(", ") });
  if (source === "prisma") return (await import("./prisma.ts")).readPrisma(config.root, path, signal);
  const { readText } = await import("../file.ts");
  return { source, files: [path], sql: await readText(path), whole: true };
}

const firstUsual = ({ root }: Config, source: SourceName): string | undefined =>
  usual[source].map((name) => join(root, name)).find((path) => existsSync(path));

/** As asked for, else by the schema's name, else the one that the project has. */
function sourceOf(config: Config, { from, schema }: SourceOptions): SourceName {
  const named = from ?? byName(config, schema);
  if (named !== undefined) return named;
  const found = (Object.keys(usual) as SourceName[]).filter((source) => firstUsual(config, source) !== undefined);
  const [only] = found;
  if (only === undefined) throw failure(migrateErrors, "MIGRATE_GENERATE_NO_SCHEMA", { looked: Object.values(usual).flat().join(", ") });
  if (found.length > 1)
    throw failure(migrateErrors, "MIGRATE_GENERATE_AMBIGUOUS", {
      found: found.map((one) => firstUsual(config, one)).join(", "),
      first: only,
    });
  return only;
}

function byName({ root }: Config, schema: string | undefined): SourceName | undefined {
  if (schema === undefined) return undefined;
  const ending = extname(schema);
  if (ending === ".sql") return "schema";
  if (ending === ".prisma") return "prisma";
  const isFolder = statSync(resolve(root, schema), { throwIfNoEntry: false })?.isDirectory() === true;
  return /^\.[cm]?[jt]sx?$/.test(ending)
    ? "drizzle"
    : isFolder && firstUsual({ root } as Config, "drizzle") !== undefined
      ? "drizzle"
      : undefined;
}
