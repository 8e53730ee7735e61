/** `migrate lint --fix`: safe sequences into pending files, proved on the scratch database before they are written. */
import { type Finding, finding } from "../../../core/finding.ts";
import type { Context } from "../../../core/operation.ts";
import { asStewardError } from "../../../core/errors.ts";
import type { MigrationFile } from "../../file.ts";
import { readFolder } from "../../folder.ts";
import type { LayoutName } from "../../layouts/layout.ts";
import { extensionsOf, onScratch } from "../../replay.ts";
import type { Chosen } from "../choose.ts";
import { lintChosen, type LintRun, type LintTask } from "../run.ts";
import { formatOf } from "./format.ts";
import { proveEqual } from "./proof.ts";
import { isFixable, type Left, type Proposal, proposalOf } from "./proposal.ts";
import { rewrite } from "./rewrite.ts";
import { edit, type Edited, type Hunk, readSource, replaceFile, type Source } from "./source.ts";

export interface FileFix {
  readonly file: string;
  readonly path: string;
  readonly outcome: "written" | "proved" | "not written";
  /** What is written, or would be. */
  readonly changes: readonly Hunk[];
  /** Rows that stood in every table that takes them when it was proved. */
  readonly rows: number;
  /** Why it is not written: the objects that would differ, what failed. */
  readonly problems: readonly string[];
  /** Findings that are left to a person. */
  readonly left: readonly Left[];
}

/** A file on its way: as long as it has no problems, it goes on. */
interface Draft {
  readonly file: MigrationFile;
  readonly proposal: Proposal;
  readonly source?: Source;
  readonly edited?: Edited;
  readonly rows: number;
  readonly problems: readonly string[];
}

/** Fixes what `run` found; answers with what lint says of the files as they are then. */
export async function fix(ctx: Context, task: LintTask, run: LintRun, write: boolean): Promise<LintRun> {
  const { layout } = await readFolder(ctx.config);
  const judged = task.chosen.filter(({ judged: is }) => is);
  const drafts = await Promise.all(judged.map((one) => draft(one, run.findings, layout.name)));
  const proved = await prove(ctx, task, drafts);
  const { drafts: judgedAgain, run: after } = await judgeAgain(ctx, task, run, proved);
  const ended = write ? await Promise.all(judgedAgain.map(replaceOne)) : judgedAgain;
  const stands = ended.every((one, i) => one.problems.length === (judgedAgain[i]?.problems.length ?? 0));
  const last = !write ? run : stands ? after : await lintChosen(ctx, withFixed(task, ended));
  const fixes = ended.filter(({ proposal }) => proposal.changes.length + proposal.left.length > 0).map((one) => fixOf(one, write));
  return { ...last, findings: [...last.findings, ...fixes.flatMap(notFixed)], fixes };
}

async function draft({ file, pending }: Chosen, findings: readonly Finding[], layout: LayoutName): Promise<Draft> {
  const proposal = proposalOf(findings.filter(({ facts }) => facts?.["file"] === file.name));
  const refused = (problem: string): Draft => ({ file, proposal, rows: 0, problems: [problem] });
  if (proposal.changes.length === 0) return { file, proposal, rows: 0, problems: [] };
  if (pending !== true) return refused("it is applied, at least in part: what is applied is never rewritten");
  const source = await readSource(file);
  if (!source) return refused("the tool's folder is not read as it is written");
  const format = formatOf(file, layout, source.marker);
  if ("refused" in format) return refused(format.refused);
  const rewritten = rewrite(file, proposal.changes, format);
  if ("refused" in rewritten) return refused(rewritten.refused);
  const edited = edit(source, rewritten, format, layout);
  return "refused" in edited ? refused(edited.refused) : { file, proposal, source, edited, rows: 0, problems: [] };
}

const isReady = ({ edited, problems }: Draft): boolean => edited !== undefined && problems.length === 0;

/** Each against the file that it replaces, on a bench on which the files before it have run. */
async function prove(ctx: Context, { chosen }: LintTask, drafts: readonly Draft[]): Promise<readonly Draft[]> {
  if (!drafts.some(isReady)) return drafts;
  const byName = new Map(drafts.map((one) => [one.file.name, one]));
  const files = chosen.map(({ file }) => file);
  const last = files.findLastIndex(({ name }) => drafts.some((one) => one.file.name === name && isReady(one)));
  await onScratch(ctx, extensionsOf(files), async (bench) => {
    let obstacle: string | undefined;
    for (const file of files.slice(0, last + 1)) {
      const one = byName.get(file.name);
      if (one?.edited && isReady(one)) {
        const { problems, rows } =
          obstacle === undefined ? await proveEqual(bench, file, one.edited.fixed) : { problems: [obstacle], rows: 0 };
        byName.set(file.name, { ...one, rows, problems });
      }
      obstacle ??= await bench.apply(file).then(
        () => undefined,
        (error: unknown) => `it cannot be tried: ${file.name} does not run: ${asStewardError(error).message}`,
      );
    }
  });
  return drafts.map(({ file }) => byName.get(file.name) as Draft);
}

/** Lint of the files with their fixes; one that it still has something against loses its fix, and the others are judged anew. */
async function judgeAgain(
  ctx: Context,
  task: LintTask,
  run: LintRun,
  drafts: readonly Draft[],
): Promise<{ drafts: readonly Draft[]; run: LintRun }> {
  if (!drafts.some(isReady)) return { drafts, run };
  const after = await lintChosen(ctx, withFixed(task, drafts));
  const judged = drafts.map((one) => (isReady(one) ? { ...one, problems: complaints(one, run.findings, after.findings) } : one));
  return judged.every((one, i) => isReady(one) === isReady(drafts[i] as Draft))
    ? { drafts, run: after }
    : judgeAgain(ctx, task, run, judged);
}

/** What the fix should have taken away, and errors that it brings. */
function complaints({ file }: Draft, before: readonly Finding[], after: readonly Finding[]): string[] {
  const own = (findings: readonly Finding[]): Finding[] => findings.filter(({ facts }) => facts?.["file"] === file.name);
  const known = new Set(own(before).map(({ code }) => code));
  const bad = own(after).filter((one) => isFixable(one) || (one.severity === "error" && !known.has(one.code)));
  return bad.map(
    ({ code, object, message, facts }) => `the sequence has ${code} at line ${facts?.["line"] as number}: ${object} ${message}`,
  );
}

function withFixed(task: LintTask, drafts: readonly Draft[]): LintTask {
  const fixed = new Map(drafts.flatMap((one) => (isReady(one) && one.edited ? [[one.file.name, one.edited.fixed] as const] : [])));
  return { ...task, chosen: task.chosen.map((one) => ({ ...one, file: fixed.get(one.file.name) ?? one.file })) };
}

async function replaceOne(one: Draft): Promise<Draft> {
  if (!one.source || !one.edited || !isReady(one)) return one;
  const done = await replaceFile(one.source, one.edited.content);
  return done ? one : { ...one, problems: ["the file was changed meanwhile"] };
}

function fixOf(one: Draft, write: boolean): FileFix {
  const { file, proposal, edited, rows, problems } = one;
  const outcome = isReady(one) ? (write ? "written" : "proved") : "not written";
  return { file: file.name, path: file.path, outcome, changes: edited?.hunks ?? [], rows, problems, left: proposal.left };
}

function notFixed({ file, path, problems }: FileFix): Finding[] {
  if (problems.length === 0) return [];
  const message = `is left as it is: ${problems.join("\n  ")}`;
  return [finding("warning", "MIGRATE_NOT_FIXED", file, message, "write the sequence by hand", { file, path, problems })];
}
