/** `migrate baseline` and `migrate adopt`: record as applied what a database has already, after comparing the catalog. */
import { failure } from "../core/errors.ts";
import { type Finding, finding } from "../core/finding.ts";
import type { ChangingOperation, Context } from "../core/operation.ts";
import { type Plan, plan, type Step } from "../core/plan.ts";
import { migrateErrors } from "./errors.ts";
import type { MigrationFile } from "./file.ts";
import { recordApplied, recordEvent } from "./history.ts";
import type { ForeignRow } from "./layouts/layout.ts";
import { find, look } from "./look.ts";
import { count } from "./words.ts";

export interface BaselineOptions {
  /** The last version that the database has already. Default: all. */
  version?: string | undefined;
  /** Record although the catalog differs. Default false. */
  force?: boolean | undefined;
  /** Compare the catalog with what the files make. Default true. */
  verify?: boolean | undefined;
}

export interface BaselineResult {
  readonly recorded: readonly string[];
  /** `verified on …`, or why not. */
  readonly catalog: string;
}

export const baseline: ChangingOperation<BaselineOptions, BaselineResult> = {
  kind: "change",
  name: "migrate baseline",
  summary: "record migrations as applied without running them, after comparing the catalog",
  risk: "changes",
  positional: ["version"],
  input: async () => {
    const { z } = await import("zod");
    return z.strictObject({
      version: z.string().optional().describe("the last version that the database has already (default: all)"),
      force: z.boolean().optional().describe("record although the catalog differs"),
      verify: z.boolean().optional().describe("compare the catalog with what the files make (default); --no-verify does not"),
    });
  },
  examples: ["pgsteward migrate baseline 012", "pgsteward migrate baseline --dry-run"],
  async plan(ctx, { version, force = false, verify = true }) {
    const { standings } = await look(ctx);
    const last = version === undefined ? standings.length - 1 : standings.indexOf(find(standings, version));
    const chosen = standings.slice(0, last + 1).flatMap(({ file, row }) => (file && row === undefined ? [file] : []));
    const inForce = standings.slice(0, last + 1).flatMap(({ file, row }) => (file && row !== undefined ? [file] : []));
    return planRecord(ctx, chosen, [...inForce, ...chosen], { origin: "baseline", title: "record", force, verify, findings: [] });
  },
};

export interface AdoptOptions {
  /** Record although the catalog differs. Default false. */
  force?: boolean | undefined;
}

export const adopt: ChangingOperation<AdoptOptions, BaselineResult> = {
  kind: "change",
  name: "migrate adopt",
  summary: "take over the history of Prisma, Drizzle, Supabase, dbmate, Flyway and others, after comparing the catalog",
  risk: "changes",
  input: async () => {
    const { z } = await import("zod");
    return z.strictObject({ force: z.boolean().optional().describe("record although the catalog differs") });
  },
  examples: ["pgsteward migrate adopt --dry-run", "pgsteward migrate adopt"],
  async plan(ctx, { force = false }) {
    const { folder, history } = await look(ctx);
    if (history.rows.length > 0) throw failure(migrateErrors, "MIGRATE_HISTORY_NOT_EMPTY", { count: history.rows.length });
    const { foreignHistories, knownHistories } = await import("./layouts/layouts.ts");
    const [found] = await foreignHistories(await ctx.session(), folder.dir, folder.files, ctx.config.migrate.format);
    if (!found) throw failure(migrateErrors, "MIGRATE_NOTHING_TO_ADOPT", { dir: folder.dir, tables: knownHistories.join(", ") });
    const tool = found.layout.name;
    refuseUnfinished(tool, found.rows);
    // A repeatable that was edited since is due again.
    const chosen = found.rows.flatMap(({ file, checksumMatches }) =>
      file && !(file.repeatable && checksumMatches === false) ? [file] : [],
    );
    return planRecord(ctx, chosen, chosen, {
      origin: `adopt:${tool}`,
      title: `take over from ${tool}:`,
      force,
      verify: true,
      findings: judgeRows(tool, found.rows),
    });
  },
};

function refuseUnfinished(tool: string, rows: readonly ForeignRow[]): void {
  const names = rows.filter(({ finished }) => !finished).map(({ label }) => label);
  if (names.length > 0) throw failure(migrateErrors, "MIGRATE_ADOPT_UNFINISHED", { tool, names: names.join(", ") });
}

function judgeRows(tool: string, rows: readonly ForeignRow[]): readonly Finding[] {
  return rows.flatMap(({ label, file, checksumMatches }) => {
    if (!file) return [finding("warning", "MIGRATE_ADOPT_NO_FILE", label, `is in the history of ${tool}, but not in the folder`)];
    return checksumMatches === false
      ? [
          finding(
            "warning",
            "MIGRATE_ADOPT_CHANGED",
            label,
            `was edited after ${tool} applied it; the catalog decides whether that matters`,
          ),
        ]
      : [];
  });
}

interface RecordOptions {
  readonly origin: string;
  readonly title: string;
  readonly force: boolean;
  readonly verify: boolean;
  readonly findings: readonly Finding[];
}

/** Records `chosen`, after finding that the database is what all of `files` make. */
async function planRecord(
  ctx: Context,
  chosen: readonly MigrationFile[],
  files: readonly MigrationFile[],
  options: RecordOptions,
): Promise<Plan<BaselineResult>> {
  const { catalog, findings } =
    options.verify && chosen.length > 0 ? await verifyCatalog(ctx, files, options.force) : { catalog: "not compared", findings: [] };
  return plan({
    title: `${options.title} ${count(chosen.length, "migration")} as applied`,
    steps: chosen.map((file) => recordStep(file, options.origin)),
    findings: [...options.findings, ...findings],
    result: { recorded: chosen.map(({ name }) => name), catalog },
  });
}

async function verifyCatalog(
  ctx: Context,
  files: readonly MigrationFile[],
  force: boolean,
): Promise<{ catalog: string; findings: readonly Finding[] }> {
  const { differences, missing, where } = await (await import("./drift.ts")).findDrift(ctx, files);
  if (missing.length > 0) {
    const blind = finding(
      "warning",
      "MIGRATE_DRIFT_UNSEEN",
      missing.join(", "),
      "is offered by no engine at hand, so the live schema was compared with nothing",
      "name a server that offers it: --scratch postgres://…",
    );
    return { catalog: `not compared: no ${missing.join(", ")}`, findings: [blind] };
  }
  if (differences.length === 0) return { catalog: `equal to what the files make (compared on ${where})`, findings: [] };
  const { describeDifference, differencesAsFindings } = await import("../core/schema-diff.ts");
  if (!force) {
    const detail = differences.slice(0, 20).map(describeDifference).join("\n");
    throw failure(
      migrateErrors,
      "MIGRATE_SCHEMA_DIFFERS",
      { version: files.at(-1)?.name, count: differences.length, differences },
      { detail },
    );
  }
  return { catalog: `differs (compared on ${where})`, findings: differencesAsFindings(differences, "MIGRATE_DRIFT") };
}

function recordStep(file: MigrationFile, origin: string): Step {
  const action = origin === "baseline" ? "baseline" : "adopt";
  const script = `begin; ${recordApplied(file, origin)} ${recordEvent(file.name, action, file.hash, { origin })} commit;`;
  return { title: `record ${file.name}`, object: file.name, sql: "-- records it as applied; runs nothing", transaction: "own", script };
}
