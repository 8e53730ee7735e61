/** `seed run --validate`: what the seeders declare holds: their rows are there, foreign keys hold by a scan, their own checks are content. */
import type { Session } from "../core/engine.ts";
import { finding, type Finding } from "../core/finding.ts";
import type { Environment } from "../core/guard.ts";
import type { Context } from "../core/operation.ts";
import type { Step } from "../core/plan.ts";
import { id, quoteIdentifier, sql } from "../core/sql.ts";
import type { SeederFile } from "./file.ts";
import { readRecords } from "./history.ts";
import { keyMatches } from "./keys.ts";
import { tablesOf, takenRows } from "./take-back.ts";
import { identifierOf, nameOf } from "./table.ts";
import { readRuns } from "./undo.ts";
import { count } from "./words.ts";

/** The step that looks; what it finds is added to `findings`. */
export function validateStep(ctx: Context, files: readonly SeederFile[], environment: Environment, findings: Finding[]): Step {
  return {
    title: `validate ${count(files.length, "seeder")}`,
    transaction: "own",
    run: async (session) => {
      findings.push(...(await validateSeeders(session, files, environment)));
      ctx.signal?.throwIfAborted();
    },
  };
}

async function validateSeeders(session: Session, files: readonly SeederFile[], environment: Environment): Promise<readonly Finding[]> {
  const names = files.map(({ name }) => name);
  const runs = (await readRuns(session)).filter(({ seeder }) => names.includes(seeder)).map((run) => run.id);
  const records = await readRecords(session);
  const tables = names.flatMap((name) => Object.keys(records.get(name)?.shape ?? {}));
  const own: Finding[] = [];
  for (const file of files) own.push(...(await ownChecks(session, file, environment)));
  return [...(await missingRows(session, runs)), ...(await orphans(session, tables)), ...own];
}

async function missingRows(session: Session, runs: readonly bigint[]): Promise<readonly Finding[]> {
  const found: Finding[] = [];
  for (const taken of runs.length === 0 ? [] : await tablesOf(session, runs)) {
    const { rows } = await session.query<{ gone: number; sample: string | null }>(
      `with p as (${takenRows(taken)})
       select count(*)::int as gone, min(pg_catalog.array_to_string(p.key_values, ', ')) as sample
       from p left join ${identifierOf(taken.table).text} t on ${keyMatches("t", taken.key, "p.key_values")} where t.ctid is null`,
      [runs],
    );
    const { gone = 0, sample = null } = rows[0] ?? {};
    if (gone === 0) continue;
    const key = taken.key.map(({ name }) => name).join(", ");
    found.push(
      finding(
        "error",
        "SEED_ROW_MISSING",
        nameOf(taken.table),
        `lacks ${count(gone, "row")} that the seeders made, ${key} ${sample ?? ""} among them`,
      ),
    );
  }
  return found;
}

interface ForeignKey {
  readonly name: string;
  readonly schema: string;
  readonly table: string;
  readonly columns: readonly string[];
  readonly targetSchema: string;
  readonly target: string;
  readonly targetColumns: readonly string[];
}

/** By a scan: a foreign key that says it is valid may have been loaded around. */
async function orphans(session: Session, tables: readonly string[]): Promise<readonly Finding[]> {
  const { rows: keys } = await session.query<ForeignKey>(sql`
    select k.conname as name, n.nspname as schema, c.relname as table, tn.nspname as "targetSchema", t.relname as target,
      (select array_agg(a.attname::text order by u.n) from pg_catalog.unnest(k.conkey) with ordinality u(attnum, n)
        join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = u.attnum) as columns,
      (select array_agg(a.attname::text order by u.n) from pg_catalog.unnest(k.confkey) with ordinality u(attnum, n)
        join pg_catalog.pg_attribute a on a.attrelid = k.confrelid and a.attnum = u.attnum) as "targetColumns"
    from pg_catalog.pg_constraint k
    join pg_catalog.pg_class c on c.oid = k.conrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    join pg_catalog.pg_class t on t.oid = k.confrelid join pg_catalog.pg_namespace tn on tn.oid = t.relnamespace
    where k.contype = 'f' and k.conparentid = 0
      and (n.nspname || '.' || c.relname = any (${tables}) or tn.nspname || '.' || t.relname = any (${tables}))
    order by 2, 3, 1`);
  const found: Finding[] = [];
  for (const key of keys) found.push(...(await orphansOf(session, key)));
  return found;
}

async function orphansOf(session: Session, key: ForeignKey): Promise<readonly Finding[]> {
  const { schema, table, columns, targetSchema, target, targetColumns, name } = key;
  const given = columns.map((column) => `c.${quoteIdentifier(column)} is not null`).join(" and ");
  const matches = columns.map((column, i) => `p.${quoteIdentifier(targetColumns[i] ?? "")} = c.${quoteIdentifier(column)}`).join(" and ");
  const { rows } = await session.query<{ orphans: number }>(
    `select count(*)::int as orphans from ${id(schema, table).text} c
     where ${given} and not exists (select from ${id(targetSchema, target).text} p where ${matches})`,
  );
  const orphaned = rows[0]?.orphans ?? 0;
  if (orphaned === 0) return [];
  const message = `has ${count(orphaned, "row")} whose ${columns.join(", ")} is not in ${targetSchema}.${target} (${name})`;
  return [finding("error", "SEED_ORPHANS", `${schema}.${table}`, message)];
}

class RolledBack extends Error {}

/** Whatever a seeder's own check does, it changes nothing. */
async function ownChecks(session: Session, file: SeederFile, environment: Environment): Promise<readonly Finding[]> {
  const { validate } = file;
  if (!validate) return [];
  let problems: readonly string[] = [];
  try {
    await session.transaction(async (inside) => {
      problems = await validate({ environment, session: inside });
      throw new RolledBack();
    });
  } catch (error) {
    if (!(error instanceof RolledBack)) problems = [`its validate() failed: ${error instanceof Error ? error.message : String(error)}`];
  }
  return problems.map((problem) => finding("error", "SEED_INVALID", file.name, problem));
}
