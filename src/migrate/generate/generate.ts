/** `migrate generate`: a migration from a declared schema, found, proved and judged on a scratch database. */
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join, relative } from "node:path";
import { failure } from "../../core/errors.ts";
import { type Finding, finding } from "../../core/finding.ts";
import { findMigrations } from "../../core/migration-folder.ts";
import type { ActingOperation, Context } from "../../core/operation.ts";
import { splitStatements } from "../../core/sql-text.ts";
import { migrateErrors } from "../errors.ts";
import type { MigrationFile } from "../file.ts";
import type { Layout, LayoutName } from "../layouts/layout.ts";
import type { Down } from "./down.ts";
import type { Made } from "./make.ts";
import { migrationOf } from "./migration-of.ts";
import type { Declaration, SourceName } from "./source.ts";

export interface GenerateOptions {
  /** What it does: `add users`. */
  name?: string | undefined;
  /** Where the schema is declared. Default: the one that the project has. */
  from?: SourceName | undefined;
  /** The schema's file, pattern or folder. Default: as the tool's configuration has it, `prisma/schema.prisma`, `schema.sql`. */
  schema?: string | undefined;
  /** Renames that are decided: `users.name=full_name`, `users=accounts`. */
  rename?: string[] | undefined;
  /** What goes, and was not renamed: `users.name`. */
  drop?: string[] | undefined;
  /** What stays although the schema does not declare it: `users.name`. */
  keep?: string[] | undefined;
  /** Write the file; false prints it. Default true. */
  write?: boolean | undefined;
}

export interface GenerateResult {
  readonly source: SourceName;
  /** The files that declare the schema. */
  readonly declared: readonly string[];
  /** Null where nothing was written. */
  readonly path: string | null;
  /** How many it has; 0 where files and schema make the same. */
  readonly statements: number;
  readonly up: string | null;
  readonly down: { readonly verdict: Down["verdict"]; readonly sql: string | null; readonly losses: readonly string[] };
  /** What it destroys, and what `migrate lint` says of it. */
  readonly findings: readonly Finding[];
  /** Where it was proved. */
  readonly where: string;
}

export const generate: ActingOperation<GenerateOptions, GenerateResult> = {
  kind: "act",
  name: "migrate generate",
  summary: "generate a migration from a drizzle schema, a Prisma schema or a schema.sql, and prove it",
  risk: "reads",
  requires: ["name"],
  positional: ["name"],
  input: async () => {
    const { z } = await import("zod");
    return z.strictObject({
      name: z.string().describe("what it does: add_users"),
      from: z
        .enum(["drizzle", "prisma", "schema"])
        .optional()
        .describe("where the schema is declared (default: the one that the project has)"),
      schema: z
        .string()
        .optional()
        .describe("the schema's file, pattern or folder (default: as the tool's configuration has it, prisma/schema.prisma, schema.sql)"),
      rename: z.array(z.string()).optional().describe("a rename: users.name=full_name or users=accounts; may be repeated"),
      drop: z.array(z.string()).optional().describe("what goes, and was not renamed: users.name; may be repeated"),
      keep: z.array(z.string()).optional().describe("what stays although the schema does not declare it: users.name; may be repeated"),
      write: z.boolean().optional().describe("write the migration (default); --no-write prints it"),
    });
  },
  examples: [
    "pgsteward migrate generate add_users",
    "pgsteward migrate generate full_names --from drizzle --rename users.name=full_name",
    "pgsteward migrate generate add_users --from schema --schema db/schema.sql --no-write",
  ],
  async act(ctx, options) {
    const { name = "", rename = [], drop = [], keep = [], write = true } = options;
    const slug = name.trim().replace(/\s+/g, "_");
    if (!/^[\w-]+$/.test(slug)) throw failure(migrateErrors, "MIGRATE_NAME_INVALID", { name: JSON.stringify(name) });
    const { readDeclaration } = await import("./source.ts");
    const { headerOf, planFiles, takesDown, writeAll } = await import("./write.ts");
    const { keptBy } = await import("./origin.ts");
    const { makeMigration } = await import("./make.ts");
    const declaration = await readDeclaration(ctx, options);
    const folder = await folderOf(ctx);
    const plan = write ? await planFiles(ctx, declaration, { ...folder, slug }) : undefined;
    const made = await makeMigration(ctx, folder, declaration, {
      rename,
      drop,
      keep,
      kept: keptBy(folder.files),
      command: commandOf(options),
    });
    const down = takesDown(folder.layout) ? made.down.sql : undefined;
    const answer = answerOf(declaration, made, folder.layout.name, down !== undefined);
    if (made.up === undefined) return answer;
    const judged = async (migration: Unwritten | Written): Promise<GenerateResult> => ({
      ...answer,
      findings: [...answer.findings, ...(await lintOf(ctx, migration))],
    });
    if (!plan) return judged({ files: folder.files, file: migrationOf(made.up, slug) });
    const files = await plan.files({ header: headerOf(declaration, keep), up: made.up, down, renamed: made.renamed });
    await mkdir(folder.dir, { recursive: true });
    await writeAll(folder.dir, files);
    const path = join(
      folder.dir,
      files.map(([file]) => file).find((file) => /\.sql$/.test(file) && !/(?:^|[\\/.])down\.sql$/.test(file)) ?? "",
    );
    return { ...(await judged({ path })), path };
  },
};

interface Place {
  readonly dir: string;
  readonly layout: Layout;
  readonly files: readonly MigrationFile[];
}

/** As `migrate new` does: a project without a folder gets one of our layout, or of the one that is configured. */
async function folderOf(ctx: Context): Promise<Place> {
  const dir = findMigrations(ctx.config) ?? join(ctx.config.root, "migrations");
  if (existsSync(dir)) return (await import("../folder.ts")).readFolder(ctx.config);
  return { dir, layout: await (await import("../layouts/layouts.ts")).layoutOf(dir, ctx.config.migrate.format), files: [] };
}

/** The same command as a person would type it again. */
function commandOf({ name, from, schema, rename = [], drop = [], keep = [] }: GenerateOptions): string {
  const flags = [
    ...(from === undefined ? [] : [`--from ${from}`]),
    ...(schema === undefined ? [] : [`--schema ${schema}`]),
    ...rename.map((one) => `--rename ${one}`),
    ...drop.map((one) => `--drop ${one}`),
    ...keep.map((one) => `--keep ${one}`),
  ];
  return ["pgsteward migrate generate", name, ...flags].join(" ");
}

function answerOf(
  { source, files }: Pick<Declaration, "source" | "files">,
  made: Made,
  tool: LayoutName,
  hasDown: boolean,
): GenerateResult {
  const { up, down, findings, where } = made;
  const why =
    down.verdict === "none" ? `could not be derived and proved: ${down.problems.join("; ")}` : `has no place in a folder of ${tool}`;
  return {
    source,
    declared: files,
    path: null,
    statements: splitStatements(up ?? "").length,
    up: up ?? null,
    down: { verdict: down.verdict, sql: down.sql ?? null, losses: down.losses },
    findings: up === undefined || hasDown ? findings : [...findings, finding("warning", "MIGRATE_GENERATED_NO_DOWN", "down", why)],
    where,
  };
}

/** What `migrate lint` says of the migration, written or not; it stands, whatever keeps lint from judging it. */
async function lintOf(ctx: Context, migration: Unwritten | Written): Promise<readonly Finding[]> {
  const { lintUnwritten, runLint } = await import("../lint/run.ts");
  const name = "path" in migration ? relative(ctx.config.root, migration.path) : migration.file.name;
  const run = "path" in migration ? runLint(ctx, { files: [name] }) : lintUnwritten(ctx, migration.files, migration.file);
  return run.then(
    ({ findings }) => findings,
    (error: Error) => [
      finding("warning", "MIGRATE_GENERATED_UNJUDGED", name, `could not be judged: ${error.message}`, "run `pgsteward migrate lint`"),
    ],
  );
}

interface Written {
  readonly path: string;
}

interface Unwritten {
  /** What runs before it. */
  readonly files: readonly MigrationFile[];
  readonly file: MigrationFile;
}
