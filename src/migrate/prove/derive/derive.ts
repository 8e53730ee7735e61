/**
 * A down section derived from the up section: what PostgreSQL's parser says of each statement, and the catalogs before and after
 * it on the bench. Statements that only add are undone together, every other one by itself; last in, first out.
 */
import type { Catalog } from "../../../core/catalog.ts";
import { describeDifference } from "../../../core/schema-diff.ts";
import { type Statement, splitStatements } from "../../../core/sql-text.ts";
import type { MigrationFile } from "../../file.ts";
import type { Bench } from "../../replay.ts";
import { readSchema } from "../../diff/read.ts";
import { ownedCatalog } from "../bench.ts";
import { Made } from "./data.ts";
import { deleteFor } from "./insert.ts";
import { type Piece, pieceOf } from "./pieces.ts";
import { treeOf } from "./tree.ts";
import type { Undo } from "./undo.ts";
import { wayBack } from "./way-back.ts";

export interface Refusal {
  /** The statement's first line. */
  readonly statement: string;
  readonly reason: string;
}

export interface Derived {
  /** In the order of the down section. */
  readonly undos: readonly Undo[];
  readonly refused: readonly Refusal[];
}

/** One or more statements that are undone together. */
interface Step {
  readonly piece: Piece;
  readonly statements: Statement[];
}

/** Derives the inverse of the up section of `file` on a bench that stands before it, at `start`, and leaves the bench there. */
export function derive(bench: Bench, file: MigrationFile, start: Catalog): Promise<Derived> {
  return bench.undoing(async () => {
    const { text } = file.up;
    const statements = splitStatements(text).filter((statement) => !statement.text.startsWith("\\"));
    const steps = await stepsOf(statements, start);
    const undone: (readonly Undo[])[] = [];
    const refused: Refusal[] = [];
    let before = start;
    for (const step of steps) {
      const { undos, problems, after } = await undoStep({ bench, file, step, statements, before });
      undone.push(undos);
      refused.push(...problems.map((reason) => ({ statement: titleOf(step), reason })));
      before = after;
    }
    return { undos: undone.toReversed().flat(), refused };
  });
}

async function stepsOf(statements: readonly Statement[], start: Catalog): Promise<Step[]> {
  const made = new Made(start);
  const steps: Step[] = [];
  for (const statement of statements) {
    const tree = await treeOf(statement.text);
    const piece = pieceOf(tree, made);
    made.note(tree);
    const last = steps.at(-1);
    const joins = last?.piece.kind === "adds" && (piece.kind === "adds" || piece.kind === "nothing");
    if (joins) last.statements.push(statement);
    else steps.push({ piece, statements: [statement] });
  }
  return steps;
}

function titleOf({ statements }: Step): string {
  const [first = ""] = statements[0]?.text.split("\n") ?? [];
  return statements.length === 1 ? first : `${first} … (${statements.length} statements)`;
}

interface Work {
  readonly bench: Bench;
  readonly file: MigrationFile;
  readonly step: Step;
  /** All of the file's. */
  readonly statements: readonly Statement[];
  readonly before: Catalog;
}

interface Undone {
  readonly undos: readonly Undo[];
  readonly problems: readonly string[];
  readonly after: Catalog;
}

async function undoStep(work: Work): Promise<Undone> {
  const { bench, step, before } = work;
  const { piece } = step;
  const schema = await readSchema(bench.session);
  await bench.apply(fileOf(work));
  if (piece.kind === "nothing") return { undos: [], problems: [], after: before };
  const after = await ownedCatalog(bench);
  if (piece.kind === "refused") return { undos: [], problems: [piece.reason], after };
  if (piece.kind === "inserts") {
    const undo = deleteFor(piece.tree, before);
    return typeof undo === "string" ? { undos: [], problems: [undo], after } : { undos: [undo], problems: [], after };
  }
  if (piece.kind === "calls") {
    const problems = before.fingerprint === after.fingerprint ? [] : ["a function that it calls changes the schema"];
    return { undos: [], problems, after };
  }
  const renames = piece.kind === "changes" ? piece.renames : [];
  if (renames.length > 0 && before.fingerprint === after.fingerprint) {
    return { undos: [], problems: ["what it renames is not in the catalog that we compare"], after };
  }
  const { undos, left, errors } = await wayBack(bench, { catalog: before, schema, renames }, after);
  const problems = left.length === 0 ? [] : [[...left.map(describeDifference), ...errors].join("; ")];
  return { undos, problems, after };
}

/** The step's statements as a migration, behind the SETs of those before it. */
function fileOf({ file, step, statements }: Work): MigrationFile {
  const first = step.statements[0]?.start ?? 0;
  const settings = statements.filter((statement) => statement.end < first && isSetting(statement));
  const text = [...settings, ...step.statements].map((statement) => `${statement.text};`).join("\n");
  return { ...file, up: { ...file.up, text } };
}

/** SET, SET LOCAL, and SELECT set_config(…) as pg_dump writes it. */
function isSetting({ tokens: [first, second, ...rest] }: Statement): boolean {
  if (first?.value === "SET") return second?.value !== "TRANSACTION" && second?.value !== "CONSTRAINTS";
  return first?.value === "SELECT" && [second, ...rest].some((token) => token?.value === "SET_CONFIG");
}
