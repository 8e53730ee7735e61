/** The table of settings: each has one name in three spellings derived from each other, and sometimes an alias. */

type SettingType = "string" | "path" | "url" | "integer" | "duration" | "list" | readonly string[];

export interface Setting {
  readonly key: string;
  readonly type: SettingType;
  readonly default: string | number | readonly string[] | undefined;
  /** Environment variables beside the derived `PGSTEWARD_…`. */
  readonly aliases?: readonly string[];
  readonly secret?: boolean;
  /** Only from the environment, never from the file. */
  readonly environmentOnly?: boolean;
  readonly doc: string;
}

export const settings: readonly Setting[] = [
  {
    key: "url",
    type: "url",
    default: undefined,
    aliases: ["DATABASE_URL"],
    secret: true,
    doc: "A PostgreSQL URL. Without one the engine is embedded.",
  },
  {
    key: "directUrl",
    type: "url",
    default: undefined,
    aliases: ["DIRECT_URL"],
    secret: true,
    doc: "A URL past a transaction-mode pooler, for what needs a session: migrations, LISTEN.",
  },
  {
    key: "engine",
    type: ["auto", "native", "pglite"],
    default: "auto",
    doc: "Which embedded engine; `auto` takes `native` where it offers every extension that the migrations need.",
  },
  {
    key: "environment",
    type: "string",
    default: undefined,
    aliases: ["PGSTEWARD_ENV", "NODE_ENV"],
    doc: "`development`, `testing`, `staging`, `demo` or `production`; without it the shape of the URL decides.",
  },
  { key: "database", type: "string", default: "app", doc: "Name of the embedded database." },
  { key: "stateDir", type: "path", default: ".pgsteward", doc: "Where embedded engines keep their data." },
  { key: "port", type: "integer", default: 0, doc: "TCP port of the embedded native server; 0 means Unix socket only." },
  {
    key: "idleTimeout",
    type: "duration",
    default: 1_800_000,
    doc: "The embedded native server stops after this long without a connection; 0 means never.",
  },
  {
    key: "lockTimeout",
    type: "duration",
    default: 2_000,
    doc: "How long a statement may wait for a lock before it is retried, so that nothing queues up behind it.",
  },
  { key: "lockRetries", type: "integer", default: 20, doc: "How often a step is retried after a lock timeout or a deadlock." },
  { key: "lockWait", type: "duration", default: 60_000, doc: "How long to wait while another pgsteward is at work on the database." },
  { key: "statementTimeout", type: "duration", default: 0, doc: "statement_timeout of migrations; 0 means none." },
  {
    key: "scratch",
    type: "string",
    default: "auto",
    secret: true,
    doc: "Where scratch databases are made: `auto`, `native`, `pglite`, `target` (beside the database itself) or a URL.",
  },
  {
    key: "postgresBin",
    type: "path",
    default: undefined,
    environmentOnly: true,
    doc: "The directory of a PostgreSQL's `initdb` and `postgres`, for the native engine.",
  },
  {
    key: "postgresUser",
    type: "string",
    default: undefined,
    environmentOnly: true,
    doc: "The account that runs the embedded server when pgsteward runs as root. Default `postgres`, then `nobody`.",
  },
  {
    key: "migrate.dir",
    type: "path",
    default: undefined,
    doc: "The folder of migrations. Default: the first of `migrations`, `supabase/migrations`, `prisma/migrations`, `drizzle`, `db/migrations` that exists.",
  },
  {
    key: "migrate.format",
    type: [
      "auto",
      "pgsteward",
      "prisma",
      "drizzle",
      "supabase",
      "dbmate",
      "node-pg-migrate",
      "golang-migrate",
      "flyway",
      "graphile-migrate",
    ],
    default: "auto",
    doc: "The folder's layout.",
  },
  {
    key: "migrate.outOfOrder",
    type: ["strict", "warn", "allow"],
    default: "warn",
    doc: "A pending migration that sorts before an applied one: `strict` refuses, `warn` applies it and says so, `allow` applies it.",
  },
  {
    key: "migrate.prelude",
    type: "path",
    default: undefined,
    doc: "SQL run before the first migration in development, testing and on scratch databases: what the platform brings elsewhere. Must bear being run twice.",
  },
  {
    key: "migrate.batchBytes",
    type: "integer",
    default: 65_536,
    doc: "Small migrations travel together up to this many bytes a message; 0 sends each alone.",
  },
  { key: "migrate.ignoreSchemas", type: "list", default: Object.freeze([]), doc: "Schemas that drift detection leaves out." },
  {
    key: "seed.dir",
    type: "path",
    default: undefined,
    doc: "The folder of seeders. Default: the first of `seeders`, `seeds`, `supabase/seeders`, `src/seeders` that exists.",
  },
  { key: "check.dir", type: "path", default: "checks", doc: "The folder of the project's own checks." },
  {
    key: "check.baseline",
    type: "path",
    default: "checks/baseline.json",
    doc: "The file of findings that are known and acknowledged, each with a reason and an expiry.",
  },
  {
    key: "check.tenantColumns",
    type: "list",
    default: Object.freeze([]),
    doc: "Columns that say whose a row is. Default: guessed from the usual names, such as `tenant_id` and `organization_id`.",
  },
  {
    key: "check.softDeleteColumns",
    type: "list",
    default: Object.freeze(["deleted_at", "is_deleted"]),
    doc: "Columns that mark a row as deleted: a time, or true.",
  },
  {
    key: "check.largeTableBytes",
    type: "integer",
    default: 10 * 1024 ** 3,
    doc: "From this size on a table is told as large.",
  },
];

/** Settings of one room are a section of the configuration file. */
export const sections = ["migrate", "seed", "check"] as const;

/** `lockTimeout` → `PGSTEWARD_LOCK_TIMEOUT`. */
export function variableOf(key: string): string {
  return `PGSTEWARD_${key
    .replace(".", "_")
    .replace(/([a-z])([A-Z])/g, "$1_$2")
    .toUpperCase()}`;
}

/** `lockTimeout` → `--lock-timeout`, `migrate.outOfOrder` → `--out-of-order`, `seed.dir` → `--seed-dir`. */
export function flagOf(key: string): string {
  return `--${key
    .replace("migrate.", "")
    .replace(".", "-")
    .replace(/([a-z])([A-Z])/g, "$1-$2")
    .toLowerCase()}`;
}
