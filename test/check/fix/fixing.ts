/** Rules, and the two operations on a database of its own. */
import type { TestContext } from "node:test";
import type { Session } from "../../../src/core/engine.ts";
import type { ChangingOperation, Outcome, RunOptions } from "../../../src/core/operation.ts";
import type { Sql } from "../../../src/core/sql.ts";
import { fixPlan, type FixPlanOptions, type FixResult } from "../../../src/check/fix/plan-fix.ts";
import { undo, type UndoOptions } from "../../../src/check/fix/undo.ts";
import type { UndoResult } from "../../../src/check/fix/plan-undo.ts";
import type { Fix, RowRule } from "../../../src/check/rule.ts";
import type { ConfigInput } from "../../../src/core/config.ts";
import { project, type Project } from "../../support/migrate-project.ts";
import type { DatabaseOptions } from "../../support/migrate-server.ts";

export type FixSettings = Partial<FixPlanOptions>;

/** A rule about a table of the schema public; `fix` is to remove the rows, or the new values by column. */
export function rule(
  name: string,
  table: string,
  where: Sql,
  fix: "remove" | Readonly<Record<string, Sql>> = "remove",
  more: Partial<RowRule> = {},
): RowRule {
  const what: Fix = fix === "remove" ? { action: "remove" } : { action: "set", values: fix };
  return {
    kind: "rows",
    name,
    category: "rules",
    severity: "error",
    level: "default",
    table: { schema: "public", table },
    where,
    message: "is wrong",
    fix: what,
    maxShare: 1,
    ...more,
  };
}

/** `check fix` with rules given here instead of found in a project. */
export function fixing(rules: readonly RowRule[], settings: FixSettings = {}): ChangingOperation<unknown, FixResult> {
  return {
    kind: "change",
    name: "check fix",
    summary: "fix",
    risk: "changes",
    plan: async (ctx) => fixPlan(await ctx.session(), rules, { lockTimeoutMs: 2000, statementTimeoutMs: 0, ...settings }),
  };
}

export interface Bench extends Project {
  readonly db: Session;
  fix(rules: readonly RowRule[], settings?: FixSettings, options?: RunOptions): Promise<Outcome<FixResult>>;
  undo(run: number | null, input?: Omit<UndoOptions, "run">, options?: RunOptions): Promise<Outcome<UndoResult>>;
  /** Every row of every table outside the ledger, as texts, and every sequence. */
  contents(): Promise<Readonly<Record<string, readonly string[]>>>;
}

/** A database with `schema` in it. */
export async function bench(
  t: TestContext,
  schema: string,
  { config = {}, ...database }: DatabaseOptions & { readonly config?: ConfigInput } = {},
): Promise<Bench> {
  const p = await project(t, {}, database);
  const db = await p.session();
  await db.script(schema);
  const steward = await p.steward(config);
  return {
    ...p,
    db,
    fix: (rules, settings, options) => steward.run(fixing(rules, settings), {}, options),
    undo: (run, input, options) => steward.run(undo, { ...input, ...(run === null ? {} : { run }) }, options),
    contents: () => contentsOf(db),
  };
}

export async function contentsOf(db: Session): Promise<Readonly<Record<string, readonly string[]>>> {
  const { rows: relations } = await db.query<{ name: string; kind: string; json: boolean }>(`
    select format('%I.%I', n.nspname, c.relname) as name, c.relkind as kind from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname not like 'pg\\_%' and n.nspname not in ('information_schema', 'pgsteward') and c.relkind in ('r', 'S') order by 1`);
  const found: Record<string, readonly string[]> = {};
  for (const { name, kind } of relations) {
    const text = kind === "S" ? "format('%s %s', s.last_value, s.is_called)" : "format('%s', s)";
    const { rows } = await db.query<{ row: string }>(`select ${text} as row from only ${name} s order by 1`);
    found[name] = rows.map(({ row }) => row);
  }
  return found;
}
