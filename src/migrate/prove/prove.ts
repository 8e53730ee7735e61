/** `migrate prove`: runs every migration up, down and up again on a scratch database with rows in it, and compares. */
import type { Catalog } from "../../core/catalog.ts";
import { type Finding, finding, type Report } from "../../core/finding.ts";
import type { Context, JudgingOperation } from "../../core/operation.ts";
import { splitStatements } from "../../core/sql-text.ts";
import type { MigrationFile } from "../file.ts";
import { find, look } from "../look.ts";
import { type Bench, extensionsOf, onScratch } from "../replay.ts";
import { count } from "../words.ts";
import { failureOf, ownedCatalog } from "./bench.ts";
import { proveChain } from "./chain.ts";
import { experiment } from "./experiment.ts";
import { type ChainProof, type FileProof, proof } from "./proof.ts";

export interface ProveOptions {
  /** Versions or names. Default: the pending ones, or all where none is pending. */
  names?: readonly string[] | undefined;
  /** Every migration of the folder. */
  all?: boolean | undefined;
  /** Rows put into every table before each migration; 0 proves the schema alone. Default 3. */
  rows?: number | undefined;
}

export interface ProveResult {
  /** Where it was tried. */
  readonly where: string;
  readonly files: readonly FileProof[];
  /** All of `files` up, all down, all up. */
  readonly chain: ChainProof;
}

export const prove: JudgingOperation<ProveOptions, ProveResult> = {
  kind: "judge",
  name: "migrate prove",
  summary: "prove on a scratch database that every down undoes its up, and say which data it loses",
  risk: "reads",
  rest: "names",
  input: async () => {
    const { z } = await import("zod");
    return z.strictObject({
      names: z.array(z.string()).optional().describe("versions or names (default: the pending ones, or all where none is pending)"),
      all: z.boolean().optional().describe("prove every migration of the folder"),
      rows: z.coerce
        .number()
        .int()
        .min(0)
        .max(100)
        .optional()
        .describe("rows put into every table before each migration (default 3); 0 proves the schema alone"),
    });
  },
  examples: ["pgsteward migrate prove", "pgsteward migrate prove --all", "pgsteward migrate prove 004 --rows 10 --json"],
  async report(ctx, { names = [], all = false, rows = 3 }): Promise<Report<ProveResult>> {
    const { files, chosen } = await choose(ctx, names, all);
    const data = await proveFiles(ctx, files, chosen, rows);
    const findings = [...data.files.flatMap((one) => [...judge(one, files)]), ...judgeRows(data.files), ...judgeChain(data.chain)];
    const bad = data.files.some(({ verdict }) => verdict === "not proved") || data.chain.verdict === "not proved";
    return { ok: !bad, findings, data };
  },
};

/** The files up to the last one to prove, and which of them are to be proved. */
async function choose(
  ctx: Context,
  names: readonly string[],
  all: boolean,
): Promise<{ files: readonly MigrationFile[]; chosen: ReadonlySet<string> }> {
  const { folder, standings } = await look(ctx);
  const pending = standings.flatMap(({ state, file }) => (state === "pending" && file ? [file] : []));
  const wanted =
    names.length > 0 ? names.flatMap((name) => find(standings, name).file ?? []) : all || pending.length === 0 ? folder.files : pending;
  const chosen = new Set(wanted.map(({ name }) => name));
  return { files: folder.files.slice(0, folder.files.findLastIndex(({ name }) => chosen.has(name)) + 1), chosen };
}

function proveFiles(ctx: Context, files: readonly MigrationFile[], chosen: ReadonlySet<string>, rows: number): Promise<ProveResult> {
  return onScratch(ctx, extensionsOf(files), async (bench) => {
    const first = files.findIndex(({ name }) => chosen.has(name));
    const failed = await applyAll(bench, first < 0 ? files : files.slice(0, first));
    const rest = first < 0 ? [] : files.slice(first);
    const proofs = await bench.undoing(() => proveEach(bench, rest, chosen, rows, failed));
    return { where: bench.where, files: proofs, chain: await proveChain(bench, rest, proofs) };
  });
}

/** Why what comes next has nothing to stand on; undefined where all of them ran. */
async function applyAll(bench: Bench, files: readonly MigrationFile[]): Promise<string | undefined> {
  for (const file of files) {
    const failed = await failureOf(bench.apply(file));
    if (failed) return `it builds on ${file.name}, which fails here: ${failed.message}`;
  }
  return undefined;
}

async function proveEach(
  bench: Bench,
  files: readonly MigrationFile[],
  chosen: ReadonlySet<string>,
  rows: number,
  failedBefore: string | undefined,
): Promise<FileProof[]> {
  const proofs: FileProof[] = [];
  const making = { rows, solved: new Map() };
  let obstacle = failedBefore;
  let before: Catalog | undefined;
  for (const file of files) {
    let after: Catalog | undefined;
    if (obstacle === undefined && chosen.has(file.name)) {
      const { proof: found, after: made } = await experiment(bench, file, making, before ?? (await ownedCatalog(bench)));
      proofs.push(found);
      if (!dependsOnRows(file)) after = made;
    } else if (chosen.has(file.name)) proofs.push(proof(file.name, "cannot be proved", { reason: obstacle ?? "" }));
    obstacle ??= await applyAll(bench, [file]);
    before = after;
  }
  return proofs;
}

/** What such a file makes among rows may be something else than what it makes without them. */
function dependsOnRows({ kind, up }: MigrationFile): boolean {
  return kind === "ts" || splitStatements(up.text).some(({ tokens }) => ["DO", "CALL", "SELECT", "WITH"].includes(tokens[0]?.value ?? ""));
}

function* judge(
  { name, verdict, problems, losses, lost, reason, emptied, reordered }: FileProof,
  files: readonly MigrationFile[],
): Generator<Finding> {
  if (verdict === "not proved") {
    yield finding("error", "MIGRATE_NOT_PROVED", name, `is not undone by its down section: ${problems.join("\n  ")}`, undefined, {
      problems,
    });
  }
  if (verdict === "no down") {
    yield finding(
      "info",
      "MIGRATE_NO_DOWN",
      name,
      `cannot be undone: ${reason}`,
      `write one with \`pgsteward migrate derive-down ${name} --write\``,
    );
  }
  if (verdict === "cannot be proved") yield finding("warning", "MIGRATE_UNPROVABLE", name, `cannot be proved here: ${reason}`);
  if (lost.length > 0 && !declaresLoss(files.find((file) => file.name === name))) {
    yield finding(
      "warning",
      "MIGRATE_LOSSY",
      name,
      `does not give back all data: ${lost.join("; ")}`,
      "say so in the down section: `-- lossy: …` above the statement",
      { losses },
    );
  }
  for (const { table, reason: why } of emptied) {
    yield finding("info", "MIGRATE_ROWS_REFUSED", name, `does not run with the rows that were tried in ${table}: ${why}`);
  }
  if (reordered.length > 0)
    yield finding("info", "MIGRATE_COLUMN_ORDER", name, `brings back columns at the end of ${reordered.join(", ")}`);
}

function declaresLoss(file: MigrationFile | undefined): boolean {
  return /(?:--|\/\/)\s*lossy\b/i.test(file?.down?.text ?? "");
}

/** One finding a table, however many migrations met it without rows. */
function judgeRows(proofs: readonly FileProof[]): Finding[] {
  const unfilled = new Map(proofs.flatMap((one) => one.unfilled.map(({ table, reason }) => [table, reason] as const)));
  return [...unfilled].map(([table, reason]) => finding("warning", "MIGRATE_ROWS_MISSING", table, `was tried without rows: ${reason}`));
}

function judgeChain({ verdict, problems }: ChainProof): Finding[] {
  if (verdict !== "not proved") return [];
  return [
    finding("error", "MIGRATE_CHAIN_NOT_PROVED", count(problems.length, "object"), `differ after all down: ${problems.join("\n  ")}`),
  ];
}
