/** `seed status` and `seed list`: what has run, what would run, and what each seeder is. */
import { type Finding, finding, type Report } from "../core/finding.ts";
import type { Environment } from "../core/guard.ts";
import type { JudgingOperation } from "../core/operation.ts";
import { type FillingRecord, readRecords as readFillings } from "./fill/record.ts";
import { rowsOfFilling } from "./fill/take-back.ts";
import { look, type SeederState, type Standing } from "./look.ts";
import { readSeeders } from "./folder.ts";
import { count } from "./words.ts";

export interface SeederStatus {
  readonly name: string;
  readonly category: string;
  readonly state: SeederState;
  /** Whether it runs in the database's environment. */
  readonly here: boolean;
  readonly appliedAt: string | null;
  /** Rows that it has inserted and updated, of the runs that are in force. */
  readonly inserted: number;
  readonly updated: number;
  /** Why it no longer fits the schema, one sentence each. */
  readonly drift: readonly string[];
}

export interface StatusResult {
  readonly dir: string;
  readonly environment: Environment;
  readonly seeders: readonly SeederStatus[];
}

export const status: JudgingOperation<Record<string, never>, StatusResult> = {
  kind: "judge",
  name: "seed status",
  summary: "show which seeders are applied, pending, changed or drifted",
  risk: "reads",
  examples: ["pgsteward seed status", "pgsteward seed status --json"],
  async report(ctx): Promise<Report<StatusResult>> {
    const { environment } = ctx.target;
    const { dir, standings } = await look(ctx);
    const seeders = standings.map((standing) => describe(standing, environment));
    const findings = standings.flatMap(({ name, drift }) =>
      drift.map((why) => finding("error", "SEED_DRIFTED", name, `no longer fits: ${why}`, "edit the seeder so that it fits")),
    );
    const ok = seeders.every(({ state, here }) => !here || state === "applied" || state === "missing");
    const filled = (await readFillings(await ctx.session())).map(generated);
    return { ok, findings: [...findings, ...filled], data: { dir, environment, seeders } };
  },
};

function generated(record: FillingRecord): Finding {
  const rows = count(rowsOfFilling(record), "generated row");
  return finding("info", "SEED_FILLED", "fill", `made ${rows}, which are in force`, "take them back: pgsteward seed undo fill");
}

function describe({ name, state, file, record, drift }: Standing, environment: Environment): SeederStatus {
  return {
    name,
    category: file?.category ?? record?.category ?? "",
    state,
    here: file?.environments.includes(environment) ?? false,
    appliedAt: record?.appliedAt.toISOString() ?? null,
    inserted: record?.inserted ?? 0,
    updated: record?.updated ?? 0,
    drift,
  };
}

export interface ListedSeeder {
  readonly name: string;
  readonly category: string;
  readonly environments: readonly Environment[];
  readonly productionSafe: boolean;
  readonly essential: boolean;
  readonly after: readonly string[];
}

export interface ListResult {
  readonly dir: string;
  readonly seeders: readonly ListedSeeder[];
}

export const listOperation: JudgingOperation<Record<string, never>, ListResult> = {
  kind: "judge",
  name: "seed list",
  summary: "list the seeders with what they declare",
  risk: "reads",
  examples: ["pgsteward seed list"],
  async report(ctx) {
    const { dir, files } = await readSeeders(ctx.config);
    const seeders = files.map(({ name, category, environments, productionSafe, essential, after }) => {
      return { name, category, environments, productionSafe, essential, after };
    });
    return { ok: true, findings: [], data: { dir, seeders } };
  },
};
