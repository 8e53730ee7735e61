/**
 * Runs in a process of its own: loads a project's drizzle schema with Node's type stripping, and asks the project's own
 * drizzle-kit for the SQL that makes all of it from nothing. What a schema file opens, prints or exits stays in here.
 */
import { globSync, existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { createRequire, registerHooks } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { DrizzleAnswer, DrizzleProblem, DrizzleTask, FolderAnswer, FolderTask } from "./drizzle-talk.ts";

type Problem = Omit<DrizzleProblem, "kind">;

class Refusal extends Error {
  readonly problem: Problem;
  constructor(problem: Problem) {
    super(problem.text);
    this.problem = problem;
  }
}

/** What drizzle.config.ts has that matters here. */
interface DrizzleConfig {
  readonly dialect?: string;
  readonly schema?: string | readonly string[];
  readonly casing?: string;
  readonly breakpoints?: boolean;
  readonly migrations?: { readonly prefix?: string };
}

interface Kit {
  readonly version: string;
  readonly require: NodeJS.Require;
}

const task = JSON.parse(process.argv[2] ?? "{}") as DrizzleTask;

/** As bundlers do, and as drizzle-kit does it: `./users` and `./users.js` can be users.ts. */
registerHooks({
  resolve: (specifier, context, next) => {
    const candidates = /^\.{1,2}(?:\/|$)/.test(specifier) ? candidatesFor(specifier) : [];
    try {
      return next(specifier, context);
    } catch (error) {
      for (const candidate of candidates) {
        try {
          return next(candidate, context);
        } catch {
          // The next one may be there.
        }
      }
      throw error;
    }
  },
});

function candidatesFor(specifier: string): string[] {
  const bare = specifier.replace(/\/$/, "");
  const written = /\.([cm]?)js$/.exec(bare);
  return [
    ...(written ? [bare.replace(/js$/, "ts")] : []),
    ...[".ts", ".mts", ".cts", ".js", "/index.ts", "/index.js"].map((end) => bare + end),
  ];
}

function findKit(): Kit {
  const require = createRequire(join(task.root, "package.json"));
  for (const name of ["drizzle-orm", "drizzle-kit"]) if (!versionOf(require, name)) throw new Refusal({ what: "missing", text: name });
  const version = versionOf(require, "drizzle-kit") as string;
  if (!/^(?:0\.3\d|1)\./.test(version)) throw new Refusal({ what: "version", text: version });
  return { version, require };
}

/** The package's own file, because not every version exports it. */
function versionOf(require: NodeJS.Require, name: string): string | undefined {
  for (const dir of require.resolve.paths(name) ?? []) {
    const path = join(dir, name, "package.json");
    if (existsSync(path)) return (JSON.parse(readFileSync(path, "utf8")) as { version: string }).version;
  }
  return undefined;
}

async function readConfig(): Promise<DrizzleConfig> {
  if (task.config === undefined) return {};
  if (task.config.endsWith(".json")) return JSON.parse(readFileSync(task.config, "utf8")) as DrizzleConfig;
  const config = ((await load(task.config)) as { default?: DrizzleConfig }).default;
  if (typeof config !== "object" || config === null)
    throw new Refusal({ what: "schema", text: "it has no default export", path: task.config });
  return config;
}

async function load(path: string): Promise<Readonly<Record<string, unknown>>> {
  try {
    return (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  } catch (error) {
    const { message, code, stack } = error as NodeJS.ErrnoException;
    throw new Refusal({ what: "schema", text: message, path, ...(code === undefined ? {} : { code }), detail: stack ?? "" });
  }
}

/** As drizzle-kit reads `schema`: paths, patterns, and directories with files in them. */
function schemaFiles(patterns: readonly string[]): string[] {
  const found = patterns.flatMap((pattern) => {
    const path = resolve(task.root, pattern);
    const paths = existsSync(path) ? [path] : globSync(pattern, { cwd: task.root }).map((name) => resolve(task.root, name));
    return paths.flatMap((one) => (statSync(one).isDirectory() ? readdirSync(one).map((name) => join(one, name)) : [one]));
  });
  const files = [...new Set(found)].filter((path) => /(?<!\.d)\.[cm]?[jt]s$/.test(path)).sort();
  if (files.length === 0) throw new Refusal({ what: "schema", text: "there is no schema file", path: patterns.join(", ") });
  return files;
}

/** Everything that the files export, each thing once: an index file exports what others do. */
async function declarationsIn(files: readonly string[]): Promise<Record<string, unknown>> {
  const values = new Set<unknown>();
  for (const file of files) {
    const module = await load(file);
    for (const value of [...Object.values(module), ...commonjsExports(module["default"])]) values.add(value);
  }
  return Object.fromEntries([...values].map((value, i) => [String(i), value]));
}

const commonjsExports = (value: unknown): unknown[] =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype ? Object.values(value) : [];

type Json = Record<string, unknown>;
interface Api {
  generateDrizzleJson(imports: Json, previous?: string, schemas?: readonly string[], casing?: string): Json | Promise<Json>;
  generateMigration(from: Json, to: Json): Promise<string[]>;
}

async function wholeSchema(
  { version, require }: Kit,
  declared: Json,
  casing: string | undefined,
): Promise<{ statements: string[]; snapshot: Json }> {
  const entry = version.startsWith("0.") ? "drizzle-kit/api" : "drizzle-kit/api-postgres";
  const api = require(entry) as Api;
  const [empty, snapshot] = [await api.generateDrizzleJson({}), await api.generateDrizzleJson(declared, undefined, undefined, casing)];
  return { statements: await api.generateMigration(empty, snapshot), snapshot };
}

const listOf = (value: string | readonly string[] | undefined): readonly string[] => (value === undefined ? [] : [value].flat());

async function answer(): Promise<DrizzleAnswer> {
  const kit = findKit();
  const config = await readConfig();
  if (config.dialect !== undefined && config.dialect !== "postgresql")
    throw new Refusal({ what: "schema", text: `its dialect is ${config.dialect}`, path: task.config ?? "" });
  const patterns = listOf(task.schema ?? config.schema);
  if (patterns.length === 0) throw new Refusal({ what: "schema", text: "it names no schema", path: task.config ?? task.root });
  const files = schemaFiles(patterns);
  const made = await wholeSchema(kit, await declarationsIn(files), config.casing);
  return {
    kind: "schema",
    kit: kit.version,
    files,
    ...made,
    breakpoints: config.breakpoints ?? true,
    prefix: config.migrations?.prefix ?? "index",
  };
}

type Hint = Readonly<Record<string, unknown>>;
type Unresolved = { readonly type: string; readonly kind: string; readonly entity: readonly string[] };
type Generated =
  | { readonly status: "ok"; readonly migration_path: string }
  | { readonly status: "missing_hints"; readonly unresolved: readonly Unresolved[] }
  | { readonly status: "no_changes" }
  | { readonly status: "error"; readonly error: { readonly message?: string; readonly code: string } };

interface Sdk {
  generate(options: Hint): Promise<Generated>;
}

/** drizzle-kit asks until it has an answer for everything: what was not renamed is new, and data that goes may go. */
async function generateInto({ out, files, name, renames }: FolderTask): Promise<FolderAnswer> {
  const { generate } = findKit().require("drizzle-kit/cli") as Sdk;
  const hints: Hint[] = renames.map((rename) => ({ type: "rename", ...rename }));
  const options = { dialect: "postgresql", schema: files, out, name };
  for (let custom = false; ; ) {
    const answered = await generate(custom ? { ...options, custom } : { ...options, hints });
    if (answered.status === "ok") return { kind: "folder", migration: resolve(answered.migration_path) };
    if (answered.status === "error") throw new Error(answered.error.message ?? answered.error.code);
    const before = hints.length;
    if (answered.status === "missing_hints") hints.push(...answered.unresolved.map(answerTo));
    // Nothing that drizzle-kit knows of: as a migration written by hand.
    else if (!custom) custom = true;
    if (!custom && hints.length === before) throw new Error("drizzle-kit has a question that we cannot answer");
  }
}

const answerTo = ({ type, kind, entity }: Unresolved): Hint => ({ type: type === "rename_or_create" ? "create" : type, kind, entity });

process.send?.(
  await (task.folder ? generateInto(task.folder) : answer()).catch((error: unknown): DrizzleProblem => {
    if (error instanceof Refusal) return { kind: "problem", ...error.problem };
    const { message, stack } = error as Error;
    return { kind: "problem", what: "kit", text: message, detail: stack ?? "" };
  }),
  () => process.disconnect(),
);
