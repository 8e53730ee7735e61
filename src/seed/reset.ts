/** `seed reset`: empties the application's tables and forgets that they were seeded; the schema stays. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Config } from "../core/config.ts";
import type { Session } from "../core/engine.ts";
import { failure } from "../core/errors.ts";
import { finding, type Finding } from "../core/finding.ts";
import { findMigrations } from "../core/migration-folder.ts";
import type { ChangingOperation, Context } from "../core/operation.ts";
import { plan, type Step } from "../core/plan.ts";
import { closest } from "../core/spelling.ts";
import { id, sql } from "../core/sql.ts";
import { seedErrors } from "./errors.ts";
import { look } from "./look.ts";
import { planRun, type RunResult } from "./run.ts";
import { targetsOf } from "./watch.ts";
import { count } from "./words.ts";

export interface ResetOptions {
  /** Tables that are left as they are. Default none. */
  except?: string[] | undefined;
  /** Seed again afterwards. Default false. */
  run?: boolean | undefined;
}

export interface ResetResult {
  /** The tables that are emptied. */
  readonly tables: readonly string[];
  /** What was seeded again; null without `run`. */
  readonly run: RunResult | null;
}

export const reset: ChangingOperation<ResetOptions, ResetResult> = {
  kind: "change",
  name: "seed reset",
  summary: "empty the application's tables, keeping the schema, and forget that they were seeded",
  risk: "destroys",
  input: async () => {
    const { z } = await import("zod");
    return z.strictObject({
      except: z.array(z.string()).optional().describe("leave this table as it is; may be given several times"),
      run: z.boolean().optional().describe("seed again afterwards"),
    });
  },
  examples: ["pgsteward seed reset --dry-run", "pgsteward seed reset --run", "pgsteward seed reset --except countries"],
  async plan(ctx, { except = [], run = false }) {
    const session = await ctx.session();
    const tables = chosenTables(await applicationTables(session), except);
    await refuseReferenced(session, tables);
    const again = run ? await planRun(ctx, await look(ctx), {}, true) : undefined;
    const steps = tables.length === 0 ? [] : [emptyStep(ctx, tables)];
    return plan({
      title: `empty ${count(tables.length, "table")}${again === undefined ? "" : ` and ${again.title}`}`,
      steps: [...steps, ...(again?.steps ?? [])],
      findings: [...(await migratedFindings(ctx.config, tables)), ...(again?.findings ?? [])],
      result: { tables: tables.map(({ name }) => name), run: again?.result ?? null },
      ...(again?.verify && { verify: again.verify }),
    });
  },
};

interface Emptied {
  readonly oid: number;
  /** `public.users`. */
  readonly name: string;
  readonly quoted: string;
}

/** Histories of other tools for migrations: without them they would start from the beginning. */
const histories: readonly string[] = [
  "_prisma_migrations",
  "__drizzle_migrations",
  "__EFMigrationsHistory",
  "SequelizeMeta",
  "ar_internal_metadata",
  "flyway_schema_history",
  "knex_migrations",
  "knex_migrations_lock",
  "migrations",
  "pgmigrations",
  "schema_migrations",
  "typeorm_metadata",
];
/** Schemas that a platform or an extension keeps for itself. */
const platforms: readonly string[] = [
  "_analytics",
  "_realtime",
  "auth",
  "cron",
  "drizzle",
  "extensions",
  "graphile_migrate",
  "graphile_worker",
  "graphql",
  "information_schema",
  "net",
  "neon_auth",
  "pgbouncer",
  "pgsodium",
  "pgsteward",
  "realtime",
  "storage",
  "supabase_functions",
  "supabase_migrations",
  "vault",
];

/** Ordinary and partitioned tables of users: no partitions, which go with their table, and nothing that an extension owns. */
async function applicationTables(session: Session): Promise<readonly Emptied[]> {
  const { rows } = await session.query<Emptied & { schema: string; table: string }>(sql`
    select c.oid, n.nspname as schema, c.relname as table, n.nspname || '.' || c.relname as name
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p') and not c.relispartition and c.relpersistence <> 't'
      and n.nspname !~ '^pg_' and n.nspname <> all (${platforms}) and c.relname <> all (${histories})
      and not exists (
        select from pg_catalog.pg_depend e
        where e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and e.objid = c.oid and e.deptype = 'e')
    order by 2, 3`);
  return rows.map(({ oid, schema, table, name }) => ({ oid, name, quoted: id(schema, table).text }));
}

function chosenTables(tables: readonly Emptied[], except: readonly string[]): readonly Emptied[] {
  const answers = (name: string, word: string): boolean => name === word || name.split(".").slice(1).join(".") === word;
  for (const word of except) {
    if (tables.some(({ name }) => answers(name, word))) continue;
    const near = closest(
      word,
      tables.flatMap(({ name }) => [name, name.split(".").slice(1).join(".")]),
    );
    throw failure(
      seedErrors,
      "SEED_TABLE_UNKNOWN",
      { table: word },
      { hint: near === undefined ? undefined : `did you mean ${near}?`, database: "unchanged" },
    );
  }
  return tables.filter(({ name }) => !except.some((word) => answers(name, word)));
}

/** TRUNCATE refuses a table that one refers to which stays, even where that is empty. */
async function refuseReferenced(session: Session, tables: readonly Emptied[]): Promise<void> {
  const oids = tables.map(({ oid }) => oid);
  const { rows } = await session.query<{ line: string }>(sql`
    select pg_catalog.format('%s.%s refers to %s.%s', n.nspname, c.relname, tn.nspname, t.relname) as line
    from pg_catalog.pg_constraint k
    join pg_catalog.pg_class c on c.oid = k.conrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    join pg_catalog.pg_class t on t.oid = k.confrelid join pg_catalog.pg_namespace tn on tn.oid = t.relnamespace
    where k.contype = 'f' and k.conparentid = 0 and k.confrelid = any (${oids}::oid[]) and k.conrelid <> all (${oids}::oid[])
    order by 1`);
  if (rows.length > 0) throw failure(seedErrors, "SEED_RESET_REFERENCED", {}, { detail: rows.map(({ line }) => line).join("\n") });
}

function emptyStep({ config }: Context, tables: readonly Emptied[]): Step {
  const truncate = `truncate table ${tables.map(({ quoted }) => quoted).join(", ")} restart identity`;
  return {
    title: `empty ${count(tables.length, "table")}`,
    sql: `${truncate};`,
    transaction: "own",
    run: (session) =>
      session.transaction(async () => {
        await session.query(sql`select pg_catalog.set_config('lock_timeout', ${String(config.lockTimeoutMs)}, true)`);
        await session.query(truncate);
        await session.query(`
          with gone as (delete from pgsteward.seed_row)
          update pgsteward.seed_run set state = 'undone', undone_at = clock_timestamp() where state = 'applied'`);
      }),
  };
}

/** Rows that a migration wrote: no seeder brings them back, and the migration does not run again. */
async function migratedFindings(config: Config, tables: readonly Emptied[]): Promise<readonly Finding[]> {
  const dir = findMigrations(config);
  const entries = dir === undefined ? [] : await readdir(dir, { recursive: true }).catch(() => []);
  const written = new Map<string, string>();
  for (const entry of entries.filter((name) => name.endsWith(".sql")).sort()) {
    const text = (await readFile(join(dir ?? "", entry), "utf8")).split(/^-- (?:down|migrate:down)\b/im)[0] ?? "";
    for (const name of targetsOf(text)) written.set(name.includes(".") ? name : `public.${name}`, entry);
  }
  return tables.flatMap(({ name }) => {
    const by = written.get(name);
    if (by === undefined) return [];
    const hint = `--except ${name.replace(/^public\./, "")} keeps them`;
    return [
      finding(
        "warning",
        "SEED_RESET_MIGRATED",
        name,
        `has rows that a migration may have written (${by}): seeding does not bring them back`,
        hint,
      ),
    ];
  });
}
