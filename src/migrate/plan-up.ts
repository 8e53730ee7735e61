/** What `migrate up` does, as a plan. Loaded when something is pending. */
import { failure } from "../core/errors.ts";
import type { Context } from "../core/operation.ts";
import { type Plan, plan, type Step } from "../core/plan.ts";
import { splitStatements } from "../core/sql-text.ts";
import type { Standing } from "./compare.ts";
import { migrateErrors } from "./errors.ts";
import type { MigrationFile } from "./file.ts";
import { type HistoryRow, recordAbsorbed, recordEvent } from "./history.ts";
import { find, refuseTrouble, type View } from "./look.ts";
import { recordOrder } from "./order.ts";
import { preludeSteps } from "./prelude.ts";
import { countDone } from "./progress.ts";
import { wantedExtensions } from "./statements.ts";
import { settingsOf, stepsOf } from "./steps.ts";
import type { UpOptions, UpResult } from "./up.ts";
import { count, list } from "./words.ts";

/** What this very plan settles. */
const answered = ["MIGRATE_CHECKSUM_CHANGED", "MIGRATE_PARTLY_APPLIED", "MIGRATE_FAILED_BEFORE"];

/** The plan that brings the database from what `view` shows to the migration `to`, or to the last. */
export async function planUp(ctx: Context, view: View, { to, force = false }: Pick<UpOptions, "to" | "force">): Promise<Plan<UpResult>> {
  const { standings, history, findings } = view;
  refusePartlyAbsorbed(view);
  refuseTrouble(standings, force);
  refuseHalfway(standings, "reverting", "down");
  refuseLate(view);
  const pending = standings.filter(({ state }) => state === "pending" || state === "applying");
  const chosen = to === undefined ? pending : until(standings, pending, to);
  await refuseMissingExtensions(ctx, chosen);
  const changed = standings.filter(({ state }) => state === "changed");
  const fresh = history.rows.length === 0 && chosen.length > 0;
  const steps = [
    ...changed.flatMap(({ file }) => (file ? [rebaseline(file)] : [])),
    ...(fresh ? await preludeSteps(ctx) : []),
    ...chosen.flatMap((standing) => stepsFor(ctx, standing)),
  ];
  return plan({
    title:
      chosen.length === 0 && changed.length > 0
        ? `accept ${count(changed.length, "changed migration")}`
        : `apply ${count(chosen.length, "migration")}`,
    steps,
    findings: findings.filter(({ code }) => !answered.includes(code)),
    result: {
      applied: chosen.map(({ name }) => name),
      rebaselined: changed.map(({ name }) => name),
      remaining: pending.length - chosen.length,
    },
    verify: async () => {
      await recordOrder(view.folder, chosen);
      return [];
    },
    done: (session, runId) => countDone(session, runId, steps),
    failed: async (session, { step, error }) => {
      if (step.object === undefined) return;
      const at = chosen.findIndex(({ name }) => name === step.object);
      await recordOrder(view.folder, chosen.slice(0, at));
      await session.script(recordEvent(step.object, "failed", null, { code: error.code, message: error.message }));
    },
  });
}

function stepsFor(ctx: Context, { file, row, absorbs }: Standing): readonly Step[] {
  if (!file) return [];
  return absorbs ? [absorb(file, absorbs)] : stepsUp(ctx, file, row?.state === "applying" ? row : undefined);
}

/** The database has what a squashed baseline makes: the history says so, and nothing runs. */
function absorb(file: MigrationFile, absorbs: readonly HistoryRow[]): Step {
  const title = `take ${file.name} for ${count(absorbs.length, "migration")} that ran here`;
  const script = `begin; ${recordAbsorbed(
    file,
    absorbs.map(({ name }) => name),
  )} commit;`;
  return { title, object: file.name, sql: "-- changes the history only", transaction: "own", script };
}

/** A baseline is for databases that have all of what it stands for, or nothing. */
function refusePartlyAbsorbed({ standings, history }: View): void {
  for (const { file, state, absorbs } of standings) {
    if (state !== "pending" || absorbs || !file?.absorbs) continue;
    const here = file.absorbs.filter(({ name }) => history.rows.some((row) => row.name === name));
    if (here.length > 0)
      throw failure(migrateErrors, "MIGRATE_SQUASH_PARTIAL", { name: file.name, here: here.length, all: file.absorbs.length });
  }
}

function stepsUp(ctx: Context, file: MigrationFile, partial: Standing["row"]): readonly Step[] {
  const work = {
    direction: "up",
    file,
    section: file.up,
    transaction: file.transaction,
    done: partial?.stepHashes ?? [],
    open: partial?.stepOpen ?? null,
    after: partial?.stepState ?? null,
  } as const;
  return stepsOf(work, settingsOf(ctx));
}

/** Pending ones up to and with the wanted migration, in the folder's order. */
function until(standings: readonly Standing[], pending: readonly Standing[], to: string): readonly Standing[] {
  const last = standings.indexOf(find(standings, to));
  return pending.filter((standing) => standings.indexOf(standing) <= last);
}

/** A migration that stopped halfway is finished in its own direction first. */
export function refuseHalfway(standings: readonly Standing[], state: "applying" | "reverting", command: string): void {
  const halfway = standings.find((standing) => standing.state === state);
  if (halfway)
    throw failure(migrateErrors, "MIGRATE_PARTIAL_OTHER", { name: halfway.name, state, command: `pgsteward migrate ${command}` });
}

function refuseLate({ findings }: View): void {
  const late = findings
    .filter(({ code, severity }) => code === "MIGRATE_OUT_OF_ORDER" && severity === "error")
    .map(({ object = "" }) => object);
  if (late.length > 0) throw failure(migrateErrors, "MIGRATE_OUT_OF_ORDER", { names: late.join(", "), migrations: late });
}

function rebaseline(file: MigrationFile): Step {
  const update = `update pgsteward.migration set hash = '${file.hash}', up_hash = '${file.upHash}' where name = '${file.name.replaceAll("'", "''")}';`;
  const event = recordEvent(file.name, "rebaseline", file.hash, { reason: "--force" });
  return {
    title: `accept the changed ${file.name}`,
    sql: "-- records the new checksum; runs nothing",
    transaction: "own",
    script: `begin; ${update} ${event} commit;`,
  };
}

/** Found out before anything runs, because the first failing CREATE EXTENSION may come after hours of work. */
async function refuseMissingExtensions(ctx: Context, chosen: readonly Standing[]): Promise<void> {
  const sources = chosen.flatMap(({ file }) => (file?.kind === "sql" && /create\s+extension/i.test(file.up.text) ? [file.up.text] : []));
  if (sources.length === 0) return;
  const wanted = sources.flatMap((text) => wantedExtensions(splitStatements(text)));
  const offered = await (await ctx.engine()).extensions();
  const absent = [...new Set(wanted.filter((name) => !offered.has(name)))];
  if (absent.length === 0) return;
  const names = `extension${absent.length === 1 ? "" : "s"} ${list(absent)} ${absent.length === 1 ? "is" : "are"}`;
  throw failure(migrateErrors, "MIGRATE_EXTENSION_UNAVAILABLE", {
    names,
    extensions: absent,
    where: `${ctx.target.engine} ${ctx.target.location}`,
  });
}
