/** The edits that put safe sequences in the place of statements; all else of the section stays as it stands. Pure. */
import { type Statement, splitStatements } from "../../../core/sql-text.ts";
import type { MigrationFile } from "../../file.ts";
import { type Segment, segmentsOf } from "../../segments.ts";
import { bareOnDemand, transactionControl } from "../../statements.ts";
import { commentsIn, writeLike } from "../safe/wording.ts";
import type { Format, Refused } from "./format.ts";
import type { Change } from "./proposal.ts";

/** In the text of the up section. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

export interface Rewrite {
  readonly edits: readonly Edit[];
  /** It has to ask for no transaction, and does not yet. */
  readonly asks: boolean;
}

/**
 * What stood in one transaction and is not replaced stays together, between BEGIN and COMMIT. Refused where that would
 * change what the file says.
 */
export function rewrite(file: MigrationFile, changes: readonly Change[], format: Format): Rewrite | Refused {
  const { text } = file.up;
  const statements = splitStatements(text);
  const segments = segmentsOf(file.up, file.transaction);
  const changed = new Map(changes.map((change) => [change.start, change]));
  const refused =
    refusedByBlocks(file, statements, changed) ?? refusedByTransaction(file, segments, changed) ?? losesComment(statements, changed);
  if (refused !== undefined) return { refused };
  const replaced = statements.flatMap((statement) => replacement(text, statement, changed.get(statement.start)));
  const frames = file.transaction ? segments.flatMap((segment) => framesOf(text, segment, changed)) : [];
  const several = statements.length > 1 || replaced.some((edit) => splitStatements(edit.text).length > 1);
  const foreign = refusedByFormat(format, several, frames.length > 0, replaced);
  if (foreign !== undefined) return { refused: foreign };
  const asks = file.transaction && (several || format.marker !== undefined);
  const comment = asks && format.comment !== undefined ? [{ start: topOf(text), end: topOf(text), text: `${format.comment}\n` }] : [];
  return { edits: [...comment, ...replaced, ...frames].sort((a, b) => a.start - b.start || a.end - b.end), asks };
}

type Changed = ReadonlyMap<number, Change>;

function refusedByBlocks({ transaction }: MigrationFile, statements: readonly Statement[], changed: Changed): string | undefined {
  let inside = false;
  for (const statement of statements) {
    const control = transactionControl(statement);
    if (control !== undefined) inside = transaction || control === "begin";
    if (inside && (transaction || changed.has(statement.start))) return "it has a BEGIN and COMMIT of its own";
  }
  return undefined;
}

/** Words whose meaning ends with the transaction. */
const bound = new Set(["LOCK", "SAVEPOINT", "RELEASE", "DECLARE"]);

function refusedByTransaction({ transaction }: MigrationFile, segments: readonly Segment[], changed: Changed): string | undefined {
  if (!transaction) return undefined;
  const cut = segments.filter(({ statements }) => statements.length > 1 && statements.some(({ start }) => changed.has(start)));
  const needing = cut.flatMap(({ statements }) => statements).find(needsTransaction);
  return needing && `its statements need one transaction: ${needing.text.split(/\s+/).slice(0, 2).join(" ")}`;
}

function needsTransaction({ tokens, text }: Statement): boolean {
  const [first = "", second = ""] = tokens.map(({ value }) => value);
  const settings = first === "SET" && ["LOCAL", "CONSTRAINTS", "TRANSACTION"].includes(second);
  return settings || bound.has(first) || /\bset_config\s*\(|\bon\s+commit\s+(?:drop|delete)\b|pg_advisory_xact_lock/i.test(text);
}

function losesComment(statements: readonly Statement[], changed: Changed): string | undefined {
  const lost = statements.flatMap(({ start, text }) => {
    const sequence = changed.get(start)?.sequence;
    return sequence === undefined ? [] : commentsIn(text).filter((comment) => !sequence.includes(comment));
  });
  return lost[0] === undefined ? undefined : `a comment inside a statement would be lost: ${lost[0]}`;
}

function refusedByFormat(
  { ours, several: takes }: Format,
  several: boolean,
  framed: boolean,
  replaced: readonly Edit[],
): string | undefined {
  if (ours) return undefined;
  if (several && !takes) return "the tool that it is written for runs several statements as one transaction";
  if (framed) return "what stands beside the statement would need a transaction that the tool knows nothing of";
  return replaced.some(({ text }) => /pgsteward:\s*backfill/.test(text)) ? "the tool that it is written for knows no backfill" : undefined;
}

/** Statements of the sequence begin where the statement did. */
function replacement(text: string, { start, end }: Statement, change: Change | undefined): Edit[] {
  if (change?.sequence === undefined) return [];
  const line = text.slice(text.lastIndexOf("\n", start - 1) + 1, start);
  const alone = line.trim() === "";
  const lead = !alone && change.sequence.startsWith("--") ? "\n" : "";
  return [{ start, end, text: lead + indented(change.sequence, alone ? line : "") }];
}

/** Only between statements: a string may go over lines. */
function indented(sequence: string, indent: string): string {
  let [result, at] = ["", 0];
  for (const { start, end } of splitStatements(sequence)) {
    result += sequence.slice(at, start).replaceAll("\n", `\n${indent}`) + sequence.slice(start, end);
    at = end;
  }
  return result + sequence.slice(at);
}

/** BEGIN and COMMIT around what is not replaced of a transaction; CALL and DO would else run outside of one. */
function framesOf(text: string, { bare, statements }: Segment, changed: Changed): Edit[] {
  if (bare !== undefined) return [];
  const runs: Statement[][] = [[]];
  for (const statement of statements) {
    if (changed.has(statement.start)) runs.push([]);
    else runs.at(-1)?.push(statement);
  }
  return runs.flatMap((run) => {
    const [first, last] = [run[0], run.at(-1)];
    if (!first || !last || (run.length === 1 && bareOnDemand(first) === undefined)) return [];
    const write = writeLike(first.text);
    const indent = text.slice(text.lastIndexOf("\n", first.start - 1) + 1, first.start);
    const gap = indent.trim() === "" ? `\n${indent}` : " ";
    const close = /^(?:\s|--[^\n]*\n|\/\*[^]*?\*\/)*;/.exec(text.slice(last.end))?.[0];
    const at = last.end + (close?.length ?? 0);
    return [
      { start: first.start, end: first.start, text: `${write`begin`};${gap}` },
      { start: at, end: at, text: `${close === undefined ? ";" : ""}${gap}${write`commit`};` },
    ];
  });
}

/** Below the comments at the top that stand for themselves. */
function topOf(text: string): number {
  return /^\n*(?:--[^\n]*\n)+(?=\n)/.exec(text)?.[0].length ?? 0;
}
