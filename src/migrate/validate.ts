/** `migrate validate`: the folder against the history, and the live catalog against what the applied files make. */
import { type Finding, finding, hasErrors, type Report } from "../core/finding.ts";
import type { Context, JudgingOperation } from "../core/operation.ts";
import type { Difference } from "../core/schema-diff.ts";
import type { Standing } from "./compare.ts";
import { readOrder } from "./layouts/pgsteward.ts";
import { look, type View } from "./look.ts";

export interface ValidateOptions {
  /** Compare the catalog too; false compares files and history alone. Default true. */
  drift?: boolean | undefined;
}

export interface ValidateResult {
  readonly migrations: number;
  /** `in step`, `differs`, or why it was not compared. */
  readonly catalog: string;
  readonly differences: readonly Difference[];
}

export const validate: JudgingOperation<ValidateOptions, ValidateResult> = {
  kind: "judge",
  name: "migrate validate",
  summary: "compare files, history and the live schema, object by object",
  risk: "reads",
  input: async () => {
    const { z } = await import("zod");
    return z.strictObject({
      drift: z.boolean().optional().describe("compare the live schema too (default); --no-drift compares files and history alone"),
    });
  },
  examples: ["pgsteward migrate validate", "pgsteward migrate validate --no-drift --json"],
  async report(ctx, { drift = true }): Promise<Report<ValidateResult>> {
    const view = await look(ctx);
    const unordered = await judgeOrder(view);
    const obstacle = drift ? whyNotComparable(view) : "not asked for";
    const compared =
      obstacle === undefined
        ? await compareCatalog(ctx, view.standings)
        : { catalog: `not compared: ${obstacle}`, differences: [], findings: [] };
    const findings = [...view.findings, ...unordered, ...compared.findings];
    const { catalog, differences } = compared;
    return { ok: !hasErrors(findings), findings, data: { migrations: view.standings.length, catalog, differences } };
  },
};

function whyNotComparable({ standings }: View): string | undefined {
  const trouble = standings.filter(({ state }) => state !== "applied" && state !== "pending");
  if (trouble.length === 0) return undefined;
  return `what was applied cannot be rebuilt from the folder (${trouble.map(({ name, state }) => `${name} is ${state}`).join(", ")})`;
}

async function compareCatalog(ctx: Context, standings: readonly Standing[]): Promise<ValidateResult & { findings: readonly Finding[] }> {
  const applied = standings
    .filter(({ state }) => state === "applied")
    .toSorted((a, b) => Number(a.row?.appliedAt) - Number(b.row?.appliedAt));
  const files = applied.flatMap(({ file }) => (file ? [file] : []));
  const { differences, missing, where } = await (await import("./drift.ts")).findDrift(ctx, files);
  const migrations = standings.length;
  if (missing.length > 0) {
    const blind = finding(
      "warning",
      "MIGRATE_DRIFT_UNSEEN",
      missing.join(", "),
      "is offered by no engine at hand, so the live schema was compared with nothing",
      "name a server that offers it: --scratch postgres://…",
    );
    return { migrations, catalog: `not compared: no ${missing.join(", ")} on a scratch database`, differences: [], findings: [blind] };
  }
  const { differencesAsFindings } = await import("../core/schema-diff.ts");
  const findings = differencesAsFindings(differences, "MIGRATE_DRIFT");
  return {
    migrations,
    catalog: differences.length === 0 ? `in step (compared on ${where})` : `differs (compared on ${where})`,
    differences,
    findings,
  };
}

/** Files without a number that `order` does not list yet run last, by name. */
async function judgeOrder({ folder, standings }: View): Promise<readonly Finding[]> {
  const loose = standings.filter(({ version, state }) => version === "" && state === "pending" && folder.layout.name === "pgsteward");
  if (loose.length === 0) return [];
  const listed = await readOrder(folder.dir);
  return loose
    .filter(({ name }) => !listed.includes(name))
    .map(({ name }) => finding("info", "MIGRATE_UNORDERED", name, "has no number; `migrate up` records its place in the file `order`"));
}
