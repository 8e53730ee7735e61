/** `migrate check-merge`: do two branches' migrations commute? Found out by running them in both orders. */
import { type Finding, finding, type Report } from "../../core/finding.ts";
import type { Context, JudgingOperation } from "../../core/operation.ts";
import type { MigrationFile } from "../file.ts";
import type { Folder } from "../folder.ts";
import type { Bench } from "../replay.ts";
import { rowHashes } from "../rows.ts";

export interface CheckMergeOptions {
  /** A git branch or commit to merge with. */
  base?: string | undefined;
  /** Without `base`: a pending migration that came from elsewhere; it is run before and after the other pending ones. */
  name?: string | undefined;
}

export interface CheckMergeResult {
  /** Names that only this branch has. */
  readonly ours: readonly string[];
  /** Names that only the other one has. */
  readonly theirs: readonly string[];
  /** Whether both orders end in the same catalog and the same rows. */
  readonly commute: boolean;
  readonly where: string;
}

export const checkMerge: JudgingOperation<CheckMergeOptions, CheckMergeResult> = {
  kind: "judge",
  name: "migrate check-merge",
  summary: "run two branches' migrations in both orders and compare what they make",
  risk: "reads",
  positional: ["name"],
  input: async () => {
    const { z } = await import("zod");
    return z.strictObject({
      base: z.string().optional().describe("the git branch or commit to merge with"),
      name: z.string().optional().describe("without --base: a pending migration that came from elsewhere"),
    });
  },
  examples: ["pgsteward migrate check-merge --base origin/main", "pgsteward migrate check-merge 011_add_tags"],
  async report(ctx, options): Promise<Report<CheckMergeResult>> {
    const { readFolder } = await import("../folder.ts");
    const folder = await readFolder(ctx.config);
    const { common, ours, theirs } = await sidesOf(ctx, folder, options);
    const names = { ours: ours.map(({ name }) => name), theirs: theirs.map(({ name }) => name) };
    const clashes = versionClashes(ours, theirs);
    if (ours.length === 0 || theirs.length === 0) {
      return {
        ok: true,
        findings: clashes,
        data: { ...names, commute: true, where: "nothing to run: only one side has migrations of its own" },
      };
    }
    const { extensionsOf, onScratch } = await import("../replay.ts");
    return onScratch(ctx, extensionsOf([...common, ...ours, ...theirs]), async (bench) => {
      const blind = bench.missing.map((name) =>
        finding(
          "error",
          "MIGRATE_MERGE_UNSEEN",
          name,
          "is offered by no engine at hand, so nothing could be run",
          "name a server that offers it: --scratch postgres://…",
        ),
      );
      const findings = [...clashes, ...(blind.length > 0 ? blind : await compareOrders(bench, common, ours, theirs))];
      const commute = findings.every(({ severity }) => severity !== "error");
      return { ok: commute, findings, data: { ...names, commute, where: bench.where } };
    });
  },
};

interface Sides {
  readonly common: readonly MigrationFile[];
  readonly ours: readonly MigrationFile[];
  readonly theirs: readonly MigrationFile[];
}

async function sidesOf(ctx: Context, folder: Folder, { base, name }: CheckMergeOptions): Promise<Sides> {
  if (base === undefined) return sidesOfPending(ctx, name);
  const { filesAt } = await import("./branch.ts");
  const { theirs, parted } = await filesAt(folder, base);
  const [known, here] = [namesOf(parted), namesOf(folder.files)];
  return {
    common: folder.files.filter((file) => known.has(file.name)),
    ours: folder.files.filter((file) => !known.has(file.name)),
    theirs: theirs.filter((file) => !known.has(file.name) && !here.has(file.name)),
  };
}

/** Without a branch: the named pending migration, by default the first that sorts before an applied one, against the other pending ones. */
async function sidesOfPending(ctx: Context, name: string | undefined): Promise<Sides> {
  const { find, look } = await import("../look.ts");
  const { standings } = await look(ctx);
  const pending = standings.filter(({ state }) => state === "pending");
  const chosen = name === undefined ? pending.filter(({ late }) => late) : [find(standings, name)];
  const fileOf = ({ file }: (typeof standings)[number]): MigrationFile[] => (file ? [file] : []);
  return {
    common: standings.filter(({ state }) => state === "applied").flatMap(fileOf),
    ours: pending.filter((standing) => !chosen.includes(standing)).flatMap(fileOf),
    theirs: chosen.flatMap(fileOf),
  };
}

const namesOf = (files: readonly MigrationFile[]): ReadonlySet<string> => new Set(files.map(({ name }) => name));

/** After a merge two files of one version cannot be told apart. */
function versionClashes(ours: readonly MigrationFile[], theirs: readonly MigrationFile[]): readonly Finding[] {
  return ours.flatMap((file) => {
    const twin = theirs.find(({ version }) => version !== "" && version === file.version);
    return twin
      ? [
          finding(
            "error",
            "MIGRATE_MERGE_VERSION",
            file.name,
            `has the version of ${twin.name} on the other branch`,
            "renumber one of them before merging",
          ),
        ]
      : [];
  });
}

async function compareOrders(
  bench: Bench,
  common: readonly MigrationFile[],
  ours: readonly MigrationFile[],
  theirs: readonly MigrationFile[],
): Promise<readonly Finding[]> {
  for (const file of common) await bench.apply(file);
  const first = await outcomeOf(bench, [...ours, ...theirs]);
  const second = await outcomeOf(bench, [...theirs, ...ours]);
  const failures = [failureFinding(first, "ours before theirs"), failureFinding(second, "theirs before ours")].filter(
    (found) => found !== undefined,
  );
  if (failures.length > 0) return failures;
  const { diffCatalogs, differencesAsFindings } = await import("../../core/schema-diff.ts");
  const differences = first.catalog && second.catalog ? diffCatalogs(first.catalog, second.catalog) : [];
  const rows = await otherRows(bench, first, second, [...ours, ...theirs]);
  return [
    ...differencesAsFindings(differences, "MIGRATE_MERGE_ORDER"),
    ...rows.map((table) => finding("error", "MIGRATE_MERGE_ROWS", `table ${table}`, "has other rows when the order is turned round")),
  ];
}

/** Tables whose rows depend on the order; what differs between two runs of one order (random ids) depends on chance. */
async function otherRows(
  bench: Bench,
  first: OrderOutcome,
  second: OrderOutcome,
  files: readonly MigrationFile[],
): Promise<readonly string[]> {
  const differing = [...first.rows].filter(([table, hash]) => second.rows.has(table) && second.rows.get(table) !== hash);
  if (differing.length === 0) return [];
  const again = await outcomeOf(bench, files);
  return differing.flatMap(([table, hash]) => (again.rows.get(table) === hash ? [table] : []));
}

interface OrderOutcome {
  readonly catalog?: Awaited<ReturnType<Bench["catalog"]>>;
  /** A hash of the rows of each table. */
  readonly rows: ReadonlyMap<string, string>;
  readonly failed?: { readonly name: string; readonly message: string };
}

function outcomeOf(bench: Bench, files: readonly MigrationFile[]): Promise<OrderOutcome> {
  return bench.undoing(async () => {
    for (const file of files) {
      const error = await bench.apply(file).then(
        () => undefined,
        (thrown: Error) => thrown,
      );
      if (error) return { rows: new Map(), failed: { name: file.name, message: error.message } };
    }
    return { catalog: await bench.catalog(), rows: await rowHashes(bench) };
  });
}

function failureFinding({ failed }: OrderOutcome, order: string): Finding | undefined {
  return (
    failed &&
    finding(
      "error",
      "MIGRATE_MERGE_FAILS",
      failed.name,
      `fails when ${order} run: ${failed.message}`,
      "let it not depend on the other, or give the two an order by renumbering",
    )
  );
}
