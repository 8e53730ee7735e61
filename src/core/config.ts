/**
 * Configuration: one table of settings; each has one name in three spellings derived from each other
 * (`lockTimeout`, `--lock-timeout`, `PGSTEWARD_LOCK_TIMEOUT`) and, where the reference documents use another, an alias.
 * Precedence: flag, environment variable, file, default. Validated and frozen once, at the door.
 */
import { existsSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { failure } from "./errors.ts";
import { environmentNamed } from "./guard.ts";
import { flagOf, sections, type Setting, settings, variableOf } from "./settings.ts";
import { closest } from "./spelling.ts";

export const configErrors = {
  CONFIG_INVALID: {
    exit: 2,
    message: "{source}: {problem}",
    hint: "see docs/reference/config.md for every setting",
    when: "A setting has a value that it does not take. The message names the setting and what it takes.",
  },
  CONFIG_UNKNOWN_KEY: {
    exit: 2,
    message: "{source}: there is no setting {key}",
    when: "The configuration file has a key that pgsteward does not know, most often a typing error.",
  },
  CONFIG_UNREADABLE: {
    exit: 2,
    message: "{source} cannot be loaded: {problem}",
    hint: "it must be valid TypeScript of the kind that Node strips (no enums, no namespaces) and `export default defineConfig({ … })`",
    when: "pgsteward.config.ts has a syntax error, throws, or has no default export.",
  },
  CONFIG_MISSING: {
    exit: 2,
    message: "there is no configuration file {source}",
    hint: "create one with `pgsteward init`, or leave out --config",
    when: "`--config` names a file that does not exist.",
  },
} as const;

/** The configuration file's content: everything optional. */
export interface ConfigInput {
  /** A PostgreSQL URL. Without one the engine is embedded. */
  url?: string;
  /** A URL past a transaction-mode pooler, for what needs a session (migrations, LISTEN). */
  directUrl?: string;
  /** Which embedded engine: `auto` takes `native` where it offers every extension that the migrations need. Default `auto`. */
  engine?: "auto" | "native" | "pglite";
  /** `development`, `testing`, `staging`, `demo` or `production`. Default: NODE_ENV, then the shape of the URL. */
  environment?: string;
  /** Name of the embedded database. Default `app`. */
  database?: string;
  /** Where embedded engines keep their data. Default `.pgsteward`. */
  stateDir?: string;
  /** TCP port of the embedded native server; 0 means Unix socket only. Default 0. */
  port?: number;
  /** The embedded native server stops after this long without a connection. Default `30m`; 0 means never. */
  idleTimeout?: string | number;
  /** How long a statement may wait for a lock before it is retried, so that nothing queues up behind it. Default `2s`. */
  lockTimeout?: string | number;
  /** How often a step is retried after a lock timeout or a deadlock. Default 20. */
  lockRetries?: number;
  /** How long to wait while another pgsteward is at work on the database. Default `60s`. */
  lockWait?: string | number;
  /** statement_timeout of migrations; 0 means none. Default 0. */
  statementTimeout?: string | number;
  /** Where scratch databases are made: `auto`, `native`, `pglite`, `target` or a URL. Default `auto`. */
  scratch?: string;
  migrate?: {
    /** The folder of migrations. Default: the first of `migrations`, `supabase/migrations`, `prisma/migrations`, `drizzle`, `db/migrations` that exists. */
    dir?: string;
    /** The folder's layout. Default `auto`. */
    format?:
      | "auto"
      | "pgsteward"
      | "prisma"
      | "drizzle"
      | "supabase"
      | "dbmate"
      | "node-pg-migrate"
      | "golang-migrate"
      | "flyway"
      | "graphile-migrate";
    /** A pending migration that sorts before an applied one: `strict` refuses, `warn` applies it and says so, `allow` applies it. Default `warn`. */
    outOfOrder?: "strict" | "warn" | "allow";
    /** SQL run before the first migration in development, testing and on scratch databases: what the platform brings elsewhere. Must bear being run twice. */
    prelude?: string;
    /** Small migrations travel together up to this many bytes a message; 0 sends each alone. Default 65,536. */
    batchBytes?: number;
    /** Schemas that drift detection leaves out. Default none. */
    ignoreSchemas?: string[];
  };
  seed?: {
    /** The folder of seeders. Default: the first of `seeders`, `seeds`, `supabase/seeders`, `src/seeders` that exists. */
    dir?: string;
  };
  check?: {
    /** The folder of the project's own checks. Default `checks`. */
    dir?: string;
    /** The file of findings that are known and acknowledged, each with a reason and an expiry. Default `checks/baseline.json`. */
    baseline?: string;
    /** Columns that say whose a row is. Default: guessed from the usual names, such as `tenant_id` and `organization_id`. */
    tenantColumns?: string[];
    /** Columns that mark a row as deleted: a time, or true. Default `deleted_at`, `is_deleted`. */
    softDeleteColumns?: string[];
    /** From this size on a table is told as large. Default 10 GiB. */
    largeTableBytes?: number;
  };
}

/** The resolved configuration: every setting has a value, durations are milliseconds, paths are absolute. */
export interface Config {
  readonly root: string;
  /** The file it was read from, if there was one. */
  readonly file: string | undefined;
  readonly url: string | undefined;
  readonly directUrl: string | undefined;
  readonly engine: "auto" | "native" | "pglite";
  readonly environment: string | undefined;
  /** Where `environment` came from. */
  readonly environmentFrom: string;
  readonly database: string;
  readonly stateDir: string;
  readonly port: number;
  readonly idleTimeoutMs: number;
  readonly lockTimeoutMs: number;
  readonly lockRetries: number;
  readonly lockWaitMs: number;
  readonly statementTimeoutMs: number;
  readonly scratch: string;
  /** `PGSTEWARD_POSTGRES_BIN`: the directory of a PostgreSQL's `initdb` and `postgres`. */
  readonly postgresBin: string | undefined;
  /** `PGSTEWARD_POSTGRES_USER`: the account that runs the embedded server when we are root. */
  readonly postgresUser: string | undefined;
  /** `PATH`, where programs such as psql are looked for. */
  readonly path: string;
  readonly migrate: {
    readonly dir: string | undefined;
    readonly format: NonNullable<NonNullable<ConfigInput["migrate"]>["format"]>;
    readonly outOfOrder: "strict" | "warn" | "allow";
    readonly prelude: string | undefined;
    readonly batchBytes: number;
    readonly ignoreSchemas: readonly string[];
  };
  readonly seed: { readonly dir: string | undefined };
  readonly check: {
    readonly dir: string;
    readonly baseline: string;
    readonly tenantColumns: readonly string[];
    readonly softDeleteColumns: readonly string[];
    readonly largeTableBytes: number;
  };
}

/** Types the configuration file; returns what it is given. */
export function defineConfig(config: ConfigInput): ConfigInput {
  return config;
}

export interface ConfigSources {
  /** Directory to start from; the file is looked for here and above. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Settings by key, from the command line: `{ lockTimeout: "5s" }`. */
  readonly flags?: Readonly<Record<string, unknown>>;
  /** An explicit file. */
  readonly file?: string | undefined;
  /** An explicit content instead of a file: what a library user passes. */
  readonly input?: ConfigInput;
}

const fileNames = ["pgsteward.config.ts", "pgsteward.config.js", "pgsteward.config.mjs"];

/** Finds, loads, merges, validates and freezes the configuration. */
export async function loadConfig(sources: ConfigSources): Promise<Config> {
  const file = sources.input === undefined ? findConfigFile(sources) : undefined;
  const input = file === undefined ? (sources.input ?? {}) : await readFile(file);
  return resolveConfig(input, file, sources);
}

export function resolveConfig(input: ConfigInput, file: string | undefined, sources: ConfigSources): Config {
  const source = file ?? "config";
  const root = file === undefined ? resolve(sources.cwd) : dirname(file);
  const given = flatten(input, source);
  const resolved: Record<string, unknown> = { root, file, environmentFrom: "url", path: sources.env["PATH"] ?? "" };
  for (const section of sections) resolved[section] = {};
  for (const setting of settings) {
    const [raw, from] = pick(setting, given, sources, source);
    const value = raw === undefined ? setting.default : parse(setting, raw, from, from === source ? root : sources.cwd);
    if (setting.key === "environment" && raw !== undefined) resolved["environmentFrom"] = from;
    const name = setting.type === "duration" ? `${setting.key}Ms` : setting.key;
    const absolute = setting.type === "path" && raw === undefined && typeof value === "string" ? join(root, value) : value;
    const [section, inner] = name.split(".") as [string, string?];
    if (inner === undefined) resolved[name] = absolute;
    else (resolved[section] as Record<string, unknown>)[inner] = absolute;
  }
  for (const section of sections) Object.freeze(resolved[section]);
  return Object.freeze(resolved) as unknown as Config;
}

function pick(setting: Setting, given: ReadonlyMap<string, unknown>, { env, flags }: ConfigSources, source: string): [unknown, string] {
  const flag = flags?.[setting.key];
  if (flag !== undefined) return [flag, flagOf(setting.key)];
  for (const name of [variableOf(setting.key), ...(setting.aliases ?? [])]) {
    const value = env[name];
    // NODE_ENV belongs to Node's world: values that name no environment of ours say nothing.
    if (value === undefined || value === "" || (name === "NODE_ENV" && environmentNamed(value) === undefined)) continue;
    return [value, name];
  }
  return [setting.environmentOnly ? undefined : given.get(setting.key), source];
}

function flatten(input: unknown, source: string): Map<string, unknown> {
  if (typeof input !== "object" || input === null) {
    throw failure(configErrors, "CONFIG_UNREADABLE", { source, problem: "its default export is not an object" });
  }
  const flat = new Map<string, unknown>();
  for (const [key, value] of Object.entries(input)) {
    if (sections.some((section) => section === key) && typeof value === "object" && value !== null) {
      for (const [inner, innerValue] of Object.entries(value)) flat.set(`${key}.${inner}`, innerValue);
    } else flat.set(key, value);
  }
  const known = settings.filter(({ environmentOnly }) => !environmentOnly).map(({ key }) => key);
  for (const key of flat.keys()) {
    if (known.includes(key)) continue;
    const near = closest(key, known);
    throw failure(
      configErrors,
      "CONFIG_UNKNOWN_KEY",
      { source, key },
      { hint: near ? `did you mean ${near}?` : `the settings are: ${known.join(", ")}` },
    );
  }
  return flat;
}

function parse(setting: Setting, raw: unknown, source: string, base: string): unknown {
  const refuse = (allowed: string): never => {
    const shown = setting.secret ? "the value" : JSON.stringify(raw);
    throw failure(configErrors, "CONFIG_INVALID", { source, problem: `${setting.key} is ${shown}; it takes ${allowed}` });
  };
  const { type } = setting;
  if (Array.isArray(type)) return type.includes(raw) ? raw : refuse(type.map((name) => JSON.stringify(name)).join(", "));
  if (type === "integer") return parseInteger(raw) ?? refuse("a whole number of 0 or more");
  if (type === "duration") return parseDuration(raw) ?? refuse('milliseconds or a duration such as "500ms", "2s", "5m", "1h"');
  if (type === "list") return parseList(raw) ?? refuse("a list of names");
  if (typeof raw !== "string" || raw === "") return refuse("a text");
  if (type === "path") return isAbsolute(raw) ? raw : join(base, raw);
  if (type === "url") return /^postgres(ql)?:\/\//.test(raw) ? raw : refuse("a postgres:// or postgresql:// URL");
  return raw;
}

function parseInteger(raw: unknown): number | undefined {
  const number = typeof raw === "string" && /^\d+$/.test(raw) ? Number(raw) : raw;
  return typeof number === "number" && Number.isInteger(number) && number >= 0 ? number : undefined;
}

const unitMs: Readonly<Record<string, number>> = { "": 1, ms: 1, s: 1_000, m: 60_000, min: 60_000, h: 3_600_000 };

/** `500`, `"500ms"`, `"2s"`, `"5m"`, `"1h"` as milliseconds; anything else is undefined. */
export function parseDuration(raw: unknown): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/.exec(String(raw).trim());
  const unit = match && Object.hasOwn(unitMs, match[2] as string) && unitMs[match[2] as string];
  return unit ? Math.round(Number(match[1]) * unit) : undefined;
}

function parseList(raw: unknown): readonly string[] | undefined {
  const names: unknown = typeof raw === "string" ? raw.split(",").map((name) => name.trim()) : raw;
  if (!Array.isArray(names) || !names.every((name) => typeof name === "string")) return undefined;
  return Object.freeze(names.filter(Boolean));
}

/** The explicit file, else the one in `cwd` or above, within the package. Errors: CONFIG_MISSING. */
export function findConfigFile({ cwd, file }: Pick<ConfigSources, "cwd" | "file">): string | undefined {
  if (file !== undefined) {
    const path = resolve(cwd, file);
    if (existsSync(path)) return path;
    throw failure(configErrors, "CONFIG_MISSING", { source: path });
  }
  for (let dir = resolve(cwd); ; dir = dirname(dir)) {
    const found = fileNames.map((name) => join(dir, name)).find((path) => existsSync(path));
    if (found !== undefined) return found;
    // A package is a project's border: a config above it belongs to something else.
    if (existsSync(join(dir, "package.json")) || dirname(dir) === dir) return undefined;
  }
}

async function readFile(file: string): Promise<ConfigInput> {
  try {
    const loaded = (await import(pathToFileURL(file).href)) as { default?: ConfigInput };
    if (loaded.default === undefined) throw new Error("it has no default export");
    return loaded.default;
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    const missing = /Cannot find package '([^']+)'/.exec(problem)?.[1];
    const hint = missing === undefined ? undefined : `install it: npm install -D ${missing}`;
    throw failure(configErrors, "CONFIG_UNREADABLE", { source: file, problem }, { cause, hint });
  }
}
