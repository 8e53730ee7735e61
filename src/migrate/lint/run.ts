/** Executes what is pending and judges it. */
import type { Finding } from "../../core/finding.ts";
import type { Context } from "../../core/operation.ts";
import { splitStatements } from "../../core/sql-text.ts";
import type { MigrationFile } from "../file.ts";
import { extensionsOf, liveRoles } from "../replay.ts";
import { allowancesOf, withoutAllowed } from "./allowed.ts";
import { applyBefore, type Unseen } from "./before.ts";
import { choose, type Chosen } from "./choose.ts";
import { contextOf, type Facts } from "./context.ts";
import type { LintedStatement, LintOptions, LintResult } from "./lint.ts";
import { type Live, readLive } from "./live.ts";
import { everywhere, loadParser, type Parser } from "./parse.ts";
import type { Rule } from "./rule.ts";
import { rules } from "./rules.ts";
import { readSchema, type Schema } from "./schema.ts";
import { onStage, type Stage } from "./stage.ts";
import { type Trace, Tracer } from "./trace.ts";
import { verdictOf } from "./verdict.ts";

export interface LintRun extends Omit<LintResult, "output"> {
  readonly findings: readonly Finding[];
  readonly rules: readonly Rule[];
}

/** What is judged, and for which server. */
export interface LintTask {
  readonly chosen: readonly Chosen[];
  readonly live: Live | undefined;
  /** Of the target; undefined where there is none: then of the scratch database. */
  readonly version: number | undefined;
  /** Roles of the target; undefined where there is none: then those that the files name. */
  readonly roles: readonly string[] | undefined;
  /** Each migration is judged as if it were the only pending one. */
  readonly oneByOne: boolean;
}

export async function runLint(ctx: Context, options: Omit<LintOptions, "format" | "failOn">): Promise<LintRun> {
  const chosen = await choose(ctx, options);
  const oneByOne = options.all === true;
  if (options.live === false) return lintChosen(ctx, { chosen, oneByOne, live: undefined, version: undefined, roles: undefined });
  const task = { chosen, oneByOne, ...(await ofTarget(ctx)) };
  const run = await lintChosen(ctx, task);
  return options.fix === true ? (await import("./fix/fix.ts")).fix(ctx, task, run, options.write !== false) : run;
}

/** Judges a migration that is not in the folder yet, behind the files that are. */
export async function lintUnwritten(ctx: Context, files: readonly MigrationFile[], file: MigrationFile): Promise<LintRun> {
  const chosen = [...files.map((one) => ({ file: one, judged: false })), { file, judged: true }];
  return lintChosen(ctx, { chosen, oneByOne: false, ...(await ofTarget(ctx)) });
}

async function ofTarget(ctx: Context): Promise<Pick<LintTask, "version" | "live" | "roles">> {
  const { version } = await ctx.engine();
  return { version, live: await readLive(await ctx.session()), roles: await liveRoles(ctx) };
}

export async function lintChosen(ctx: Context, task: LintTask): Promise<LintRun> {
  const { chosen, live } = task;
  const files = chosen.filter(({ judged }) => judged).map(({ file }) => file);
  if (files.length === 0)
    return { statements: [], where: "nothing to execute", missing: [], version: task.version ?? 0, findings: [], rules };
  const parser = await loadParser();
  const extensions = extensionsOf(chosen.map(({ file }) => file));
  return onStage(ctx, { extensions, roles: task.roles ?? rolesNamed(chosen, parser), timeZone: live?.timeZone }, async (stage) => {
    const { deploys, unseen } = await execute(stage, chosen, parser, task.oneByOne);
    const { version: scratchVersion, missing, where } = stage;
    const version = task.version ?? scratchVersion;
    const inEarnest = ["production", "staging"].includes(ctx.target.environment);
    const facts = { version, scratchVersion, missing, left: unseen, live, inEarnest };
    const findings = deploys.flatMap((deploy) => judge(deploy, facts, parser));
    const statements = deploys.flatMap(({ traces }) => traces.map(statementOf));
    return { statements, where, missing, version, findings: inOrder(findings, files), rules };
  });
}

/** Migrations that reach the database together: nobody uses what one of them made while the next one runs. */
interface Deploy {
  readonly files: readonly MigrationFile[];
  readonly traces: readonly Trace[];
  readonly before: Schema;
  readonly after: Schema;
}

interface Executed {
  readonly deploys: readonly Deploy[];
  /** What could not be applied of the migrations that come before. */
  readonly unseen: readonly Unseen[];
}

async function execute(stage: Stage, chosen: readonly Chosen[], { parse }: Parser, oneByOne: boolean): Promise<Executed> {
  const first = chosen.findIndex(({ judged }) => judged);
  const unseen: Unseen[] = [];
  for (const { file } of chosen.slice(0, first)) unseen.push(...(await applyBefore(stage, file)));
  const tracer = await Tracer.open(stage, parse);
  const deploys: Deploy[] = [];
  for (const part of oneByOne ? chosen.slice(first).map((one) => [one]) : [chosen.slice(first)]) {
    const before = deploys.at(-1)?.after ?? (await readSchema(stage.session));
    const from = tracer.traces.length;
    for (const { file, judged } of part) {
      if (judged) await tracer.file(file);
      else if (!tracer.failed) unseen.push(...(await applyBefore(stage, file)));
      if (!judged) tracer.lookAgain();
    }
    const files = part.map(({ file }) => file);
    deploys.push({ files, traces: tracer.traces.slice(from), before, after: await readSchema(stage.session) });
  }
  return { deploys, unseen };
}

function judge({ files, traces, before, after }: Deploy, facts: Omit<Facts, "before" | "after">, parser: Parser): readonly Finding[] {
  const context = contextOf(traces, { ...facts, before, after }, parser);
  const findings = rules.flatMap((rule) => rule.judge(context));
  const allowances = files.flatMap((file) => (file.kind === "sql" ? allowancesOf(file, traces) : []));
  return withoutAllowed(findings, allowances);
}

/** As the statements stand in the files; rules keep their order. */
function inOrder(findings: readonly Finding[], files: readonly MigrationFile[]): readonly Finding[] {
  const place = ({ facts }: Finding): number => files.findIndex(({ name }) => name === facts?.["file"]);
  const line = ({ facts }: Finding): number => Number(facts?.["line"] ?? 0);
  return findings.toSorted((a, b) => place(a) - place(b) || line(a) - line(b));
}

/** Without a target: the roles that grants and policies name have to be there. */
function rolesNamed(chosen: readonly Chosen[], { parse }: Parser): readonly string[] {
  const naming = chosen.filter(
    ({ file }) => file.kind === "sql" && /\b(?:grant|revoke|policy|owner|role|authorization|privileges)\b/i.test(file.up.text),
  );
  const nodes = naming.flatMap(({ file }) => splitStatements(file.up.text).flatMap(({ text }) => parse(text) ?? []));
  return [...new Set(nodes.flatMap((node) => everywhere(node, "RoleSpec").flatMap(({ rolename }) => rolename ?? [])))];
}

function statementOf(trace: Trace): LintedStatement {
  const { file, line, statement, locks, rewrites, scans, indexBuilds, dropped, rows, unseen } = trace;
  return { file, line, statement, verdict: verdictOf(trace), locks, rewrites, scans, indexBuilds, drops: dropped, rows, unseen };
}
