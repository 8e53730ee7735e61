/** Results for people, operation by operation; aligned, quiet, nothing that `--json` does not have too. */
import type { Finding, Report } from "../core/finding.ts";
import type { AnyOperation, Outcome } from "../core/operation.ts";
import type { Plan } from "../core/plan.ts";
import type {
  BaselineResult,
  CheckMergeResult,
  DeriveDownResult,
  DownResult,
  GenerateResult,
  HistoryResult,
  NewResult,
  PlanResult,
  ProveResult,
  RepairResult,
  SquashResult,
  StatusResult,
  UpResult,
  ValidateResult,
  Verdict,
} from "../migrate/index.ts";
import type { DbStatus, StopResult } from "../db/index.ts";
import type { MarkResult, NewResult as SeedNewResult, ResetResult, UndoResult } from "../seed/index.ts";
import type { DoctorResult, InitResult } from "../project/index.ts";
import type { GlobalFlags } from "./arguments.ts";
import type { Paint } from "./printer.ts";
import { nothing } from "./nothing.ts";
import { baselineView, checkView, reportView, trendView } from "./render-check.ts";
import { diffView } from "./render-diff.ts";
import { fixView, undoView } from "./render-fix.ts";
import { lintView } from "./render-lint.ts";
import { seedListTable, seedRunLine, seedSnapshotTable, seedStatusTable } from "./render-seed.ts";

type Render = (value: never, paint: Paint, findings: readonly Finding[]) => string;

/** Their views show the findings where they belong. */
export const showFindings: ReadonlySet<string> = new Set(["migrate lint", "check run", "check report"]);

export function render(operation: AnyOperation, answer: unknown, flags: GlobalFlags, paint: Paint): string {
  if (operation.kind === "change") return renderOutcome(operation, answer as Outcome<never>, flags, paint);
  const value = operation.kind === "judge" ? (answer as Report<never>).data : answer;
  const view = views[operation.name];
  return view
    ? view(value as never, paint, operation.kind === "judge" ? (answer as Report<never>).findings : [])
    : typeof value === "string"
      ? value
      : JSON.stringify(value, null, 2);
}

function renderOutcome({ name }: AnyOperation, outcome: Outcome<never>, { dryRun }: GlobalFlags, paint: Paint): string {
  if (dryRun) return renderPlan(outcome.plan, paint);
  const took = `in ${seconds(outcome.durationMs)}`;
  const view = views[name];
  return view ? `${view(outcome.result, paint, outcome.findings)} ${took}` : `${outcome.plan.title}: done ${took}`;
}

type Steps = readonly { readonly title: string; readonly transaction: "own" | "none"; readonly sql?: string | undefined }[];

export function renderPlan({ title, hash, steps }: Pick<Plan, "title" | "hash"> & { readonly steps: Steps }, paint: Paint): string {
  const width = String(steps.length).length;
  const lines = steps.map((step, i) => {
    const head = `${paint("bold", `${String(i + 1).padStart(width)}  ${step.title}`)}${step.transaction === "none" ? paint("yellow", "  (outside a transaction)") : ""}`;
    return step.sql === undefined ? head : `${head}\n${paint("dim", indent(step.sql, width + 2))}`;
  });
  return [`plan ${hash}: ${title}`, ...lines].join("\n\n");
}

function indent(text: string, by: number): string {
  return text
    .split("\n")
    .map((line) => `${" ".repeat(by)}${line}`.trimEnd())
    .join("\n");
}

export function seconds(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? "" : "s"}`;

const marks: Readonly<Record<string, readonly [Parameters<Paint>[0], string]>> = {
  applied: ["green", "✓"],
  pending: ["yellow", "·"],
  failed: ["red", "✗"],
  changed: ["red", "✗"],
  missing: ["red", "✗"],
  renamed: ["red", "✗"],
  applying: ["red", "◐"],
  reverting: ["red", "◐"],
};

function statusTable({ migrations, applied, pending, dir, format }: StatusResult, paint: Paint): string {
  const width = Math.max(4, ...migrations.map(({ name }) => name.length));
  const rows = migrations.map(({ name, state: known, appliedAt, durationMs, origin, failure }) => {
    const state = known === "pending" && failure !== null ? "failed" : known;
    const [colour, mark] = marks[state] ?? ["dim", "?"];
    const when = appliedAt === null ? "" : `  ${appliedAt.slice(0, 16).replace("T", " ")}`;
    const how = origin === "up" || origin === null ? (durationMs === null ? "" : `  ${seconds(durationMs)}`) : `  ${origin}`;
    return `${paint(colour, mark)} ${name.padEnd(width)}  ${paint(colour, state.padEnd(8))}${paint("dim", `${when}${how}`)}`.trimEnd();
  });
  return [...rows, `${count(applied, "migration")} applied, ${pending} pending (${dir}, ${format})`].join("\n");
}

function historyTable({ events }: HistoryResult, paint: Paint): string {
  if (events.length === 0) return "nothing has happened yet";
  const names = Math.max(...events.map(({ name }) => name.length));
  const actions = Math.max(...events.map(({ action }) => action.length));
  const row = ({ at, action, name, durationMs, by, detail }: HistoryResult["events"][number]): string => {
    const colour = action === "failed" ? "red" : action === "down" ? "yellow" : "green";
    const said = action === "failed" && detail ? `  ${String(detail["message"]).split("\n")[0]}` : "";
    const took = durationMs === null ? "" : `  ${seconds(durationMs)}`;
    return `${paint("dim", at.toISOString().slice(0, 19).replace("T", " "))}  ${paint(colour, action.padEnd(actions))}  ${name.padEnd(names)}${took}  ${paint("dim", by ?? "")}${said}`.trimEnd();
  };
  return events.map(row).join("\n");
}

function facts(rows: readonly (readonly [string, string | number | null])[], paint: Paint): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows
    .filter(([, value]) => value !== null && value !== "")
    .map(([name, value]) => `${paint("dim", name.padEnd(width))}  ${value}`)
    .join("\n");
}

function serverStatus(
  { engine, running, location, database, version, pid, port, startedAt, dataDir, log }: DbStatus,
  paint: Paint,
): string {
  const state = running
    ? paint("green", "running")
    : engine === "pglite"
      ? "runs inside the command that uses it"
      : paint("yellow", "not running");
  const rows: [string, string | number | null][] = [
    ["state", state],
    ["engine", version === null ? engine : `${engine} ${version}`],
    ["database", database],
    ["location", location],
    ["data", dataDir === location ? null : dataDir],
    ["log", log],
    ["pid", pid],
    ["port", running && engine === "native" ? (port ?? "none (Unix socket)") : port],
    ["since", startedAt === null ? null : startedAt.slice(0, 19).replace("T", " ")],
  ];
  return facts(rows, paint);
}

function initList({ created, kept }: InitResult, paint: Paint): string {
  const lines = [
    ...created.map((name) => `${paint("green", "+")} ${name}`),
    ...kept.map((name) => `${paint("dim", "=")} ${name} ${paint("dim", "(was there)")}`),
  ];
  return [...lines, "", "next:  pgsteward migrate new <name>   then   pgsteward migrate up"].join("\n");
}

const verdicts: Readonly<Record<Verdict, readonly [Parameters<Paint>[0], mark: string, words: string]>> = {
  proved: ["green", "✓", "proved"],
  lossy: ["yellow", "✓", "proved but lossy"],
  "not proved": ["red", "✗", "not proved"],
  "no down": ["yellow", "·", "no down"],
  "cannot be proved": ["yellow", "?", "cannot be proved here"],
};

function proofTable({ where, files, chain }: ProveResult, paint: Paint): string {
  if (files.length === 0) return "nothing to prove";
  const name = Math.max(...files.map((file) => file.name.length));
  const verdict = Math.max(...files.map((file) => verdicts[file.verdict][2].length));
  const rows = files.map((file) => {
    const [colour, mark, words] = verdicts[file.verdict];
    const said = file.verdict === "not proved" ? file.problems.map((problem) => problem.split("\n")[0]) : [...file.lost, file.reason];
    const lead = " ".repeat(name + verdict + 6);
    return `${paint(colour, mark)} ${file.name.padEnd(name)}  ${paint(colour, words.padEnd(verdict))}  ${said.filter(Boolean).join(`\n${lead}`)}`.trimEnd();
  });
  const whole = `all up, all down, all up: ${chain.verdict}${chain.reason === null ? "" : ` (${chain.reason})`}`;
  return [...rows, `${whole}, on ${where}`].join("\n");
}

function derivedDown({ name, path, verdict, sql, losses, written, where }: DeriveDownResult, paint: Paint): string {
  const proved = verdict === "proved" ? "proved" : `proved but lossy: ${losses.join("; ")}`;
  return `${sql}\n${paint("dim", `-- ${written ? `written to ${path}` : `the down section of ${name}`}, ${proved}, on ${where}`)}`;
}

function generated({ declared, path, up, down, where }: GenerateResult, paint: Paint): string {
  const from = declared.length === 1 ? (declared[0] ?? "") : count(declared.length, "schema file");
  if (up === null)
    return `nothing to generate: the migrations make what ${from} ${declared.length === 1 ? "declares" : "declare"} (compared on ${where})`;
  const said = { proved: "down: proved", lossy: `down: proved but lossy: ${down.losses.join("; ")}`, none: "down: none" }[down.verdict];
  if (path !== null) return `created ${path}\n${paint("dim", `equal to ${from}, proved on ${where}; ${said}`)}`;
  return `${up}\n${down.sql === null ? "" : `\n-- Down migration\n\n${down.sql}\n`}${paint("dim", `-- equal to ${from}, proved on ${where}; ${said}; not written`)}`;
}

const views: Readonly<Record<string, Render>> = {
  init: initList,
  doctor: (result: DoctorResult, paint) => facts(result.facts, paint),
  "check run": checkView,
  "check report": reportView,
  "check trend": trendView,
  "check baseline": baselineView,
  "db start": serverStatus,
  "db status": serverStatus,
  "db stop": ({ stopped }: StopResult) => (stopped ? "stopped" : "it was not running"),
  "check fix": fixView,
  "check undo": undoView,
  "migrate up": ({ applied, rebaselined, remaining }: UpResult) =>
    [
      applied.length > 0 || rebaselined.length === 0 ? `applied ${count(applied.length, "migration")}` : "",
      rebaselined.length > 0 ? `accepted ${count(rebaselined.length, "changed file")}` : "",
      remaining > 0 ? `${remaining} left pending` : "",
    ]
      .filter(Boolean)
      .join(", "),
  "migrate down": ({ reverted }: DownResult) => `undid ${reverted.join(", ")}`,
  "migrate rollback": ({ reverted }: DownResult) => `undid ${reverted.join(", ")}`,
  "migrate redo": ({ applied }: DownResult) => `undid and applied again ${applied.join(", ")}`,
  "migrate to": ({ reverted, applied }: DownResult) =>
    [reverted.length > 0 ? `undid ${reverted.join(", ")}` : "", applied.length > 0 ? `applied ${applied.join(", ")}` : ""]
      .filter(Boolean)
      .join("; "),
  "migrate generate": generated,
  "migrate new": ({ path }: NewResult) => `created ${path}`,
  "migrate status": statusTable,
  "migrate history": historyTable,
  "migrate plan": (plan: PlanResult, paint) => (plan.steps.length === 0 ? (nothing["migrate up"] ?? "") : renderPlan(plan, paint)),
  "migrate prove": proofTable,
  "migrate derive-down": derivedDown,
  "migrate diff": diffView,
  "migrate lint": lintView,
  "migrate validate": ({ migrations, catalog }: ValidateResult) =>
    `${count(migrations, "migration")} compared with the history; live schema: ${catalog}`,
  "migrate check-merge": ({ ours, theirs, commute, where }: CheckMergeResult) =>
    `${count(ours.length, "migration")} here, ${theirs.length} there: ${commute ? "they commute" : "the order matters"} (${where})`,
  "migrate squash": ({ path, absorbs, sql, written, where }: SquashResult) =>
    written
      ? `wrote ${path}, which stands for ${count(absorbs.length, "migration")} (proved on ${where}); the old files are in squashed/`
      : sql,
  "migrate baseline": ({ recorded, catalog }: BaselineResult) =>
    `recorded ${count(recorded.length, "migration")} as applied; schema: ${catalog};`,
  "migrate adopt": ({ recorded, catalog }: BaselineResult) => `took over ${count(recorded.length, "migration")}; schema: ${catalog};`,
  "migrate repair": ({ repaired }: RepairResult) =>
    `${repaired.join("\n")}\nrepaired ${count(repaired.length, "entry").replace(/ys$/, "ies")}`,
  "seed run": seedRunLine,
  "seed new": ({ path }: SeedNewResult) => `created ${path}`,
  "seed reset": ({ tables, run }: ResetResult) => `emptied ${count(tables.length, "table")}${run === null ? "" : `; ${seedRunLine(run)}`}`,
  "seed undo": ({ undone, deleted, restored }: UndoResult) =>
    `took back ${undone.join(", ")}: ${count(deleted, "row")} deleted, ${restored} restored`,
  "seed status": seedStatusTable,
  "seed list": seedListTable,
  "seed snapshot": seedSnapshotTable,
  "seed mark": ({ environment }: MarkResult) => `the database now says that it is ${environment}`,
};
