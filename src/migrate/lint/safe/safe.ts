/** The safe sequence for a statement, as SQL for the target's version; undefined where there is none. */
import type { AlterTableCmd, ColumnDef } from "libpg-query";
import { as } from "../parse.ts";
import { alterationsOf, type Judged, type LintContext } from "../rule.ts";
import { addColumn, changeType, serialType } from "./column.ts";
import { addConstraint } from "./constraint.ts";
import { createIndex, refresh, reindex } from "./index-build.ts";
import { notNull } from "./not-null.ts";
import { attach, createPartition } from "./partition.ts";
import { type Alteration, alterationIn, type Command, spelled, writeLike } from "./wording.ts";
import { apart, hasKey, script, type Sequence, type Subject } from "./words.ts";

/** Facts of a finding. */
export interface Safe {
  /** The sequence as SQL. */
  readonly safe?: string;
  /** Why only a person can make a file of it; else `--fix` does. */
  readonly byHand?: string;
}

export function safeSequence(context: LintContext, judged: Judged): Safe {
  const sequence = sequenceOf(context, judged);
  // What is passed through as it stands, such as a column of a domain with a check, is no way around.
  if (!sequence || (sequence.steps.length === 1 && sequence.steps[0] === judged.trace.statement)) return {};
  const keyless = sequence.steps.map((step) => backfilled.exec(step)?.[1]).find((table) => table !== undefined && !hasKey(context, table));
  const byHand = sequence.byHand ?? (keyless === undefined ? undefined : `${keyless} has no primary key, by which a backfill goes`);
  return { safe: script(apart, ...sequence.steps), ...(byHand === undefined ? {} : { byHand }) };
}

const backfilled = /^-- pgsteward: backfill table=(.*) batch=/m;

function sequenceOf(context: LintContext, judged: Judged): Sequence | undefined {
  const { node, trace } = judged;
  const index = as(node, "IndexStmt");
  if (index) return createIndex(context, judged, index);
  if (as(node, "ReindexStmt")) return reindex(trace.statement);
  const view = as(node, "RefreshMatViewStmt");
  if (view?.relation) return view.skipData ? undefined : refresh(context, context.nameOf(view.relation), trace.statement);
  const create = as(node, "CreateStmt");
  const parent = as(create?.inhRelations?.[0], "RangeVar");
  if (create?.partbound && parent) return stepsOf(createPartition(context, judged, create, parent));
  return as(node, "AlterTableStmt") ? commandByCommand(context, judged) : undefined;
}

const stepsOf = (steps: readonly string[] | undefined): Sequence | undefined => steps && { steps };

/** Command by command; one that has no safe form has none for the whole statement, one that needs none stays as it is. */
function commandByCommand(context: LintContext, judged: Judged): Sequence | undefined {
  const written = alterationIn(judged.trace.statement);
  const commands = alterationsOf(context, judged);
  if (!written || written.commands.length !== commands.length) return undefined;
  const sequences = commands.map(({ table, command }, i) => {
    const own = written.commands[i] as Command;
    const sequence = commandSteps(subjectOf(context, judged, written, table), judged, command, own);
    return (
      sequence && { ...sequence, steps: sequence.steps.map((step, first) => (first === 0 ? [...own.comments, step].join("\n") : step)) }
    );
  });
  if (!sequences.every((sequence) => sequence !== undefined)) return undefined;
  const byHand = sequences.find((sequence) => sequence.byHand !== undefined)?.byHand;
  return { steps: sequences.flatMap(({ steps }) => steps), ...(byHand === undefined ? {} : { byHand }) };
}

function subjectOf(context: LintContext, { node, trace }: Judged, { head }: Alteration, table: string): Subject {
  const relation = as(node, "AlterTableStmt")?.relation;
  return { context, table, name: relation ? spelled(relation) : table, head, write: writeLike(trace.statement) };
}

/** Commands that write the table anew whatever one does. */
const hopeless = ["AT_SetLogged", "AT_SetUnLogged", "AT_SetTableSpace", "AT_SetAccessMethod"];

function commandSteps(subject: Subject, judged: Judged, command: AlterTableCmd, own: Command): Sequence | undefined {
  const { subtype = "", name = "" } = command;
  const { context, table, head, write } = subject;
  const { statement, rewrites } = judged.trace;
  if (hopeless.includes(subtype)) return undefined;
  if (subtype === "AT_SetNotNull") return { steps: notNull(subject, name) };
  const [column, constraint, partition] = [as(command.def, "ColumnDef"), as(command.def, "Constraint"), as(command.def, "PartitionCmd")];
  if (subtype === "AT_AddColumn" && column && !isHarmless(column))
    return command.missing_ok ? undefined : addColumn({ ...subject, rewrites: rewrites.includes(table) }, column, own, statement);
  if (subtype === "AT_AlterColumnType" && column && rewrites.includes(table)) return changeType(subject, name, column);
  const parent = as(judged.node, "AlterTableStmt")?.relation;
  if (subtype === "AT_AttachPartition" && parent)
    return stepsOf(
      partition?.name && attach({ context, judged, write, parent, partition: partition.name, bounds: partition.bound, statement }),
    );
  if (constraint?.contype === "CONSTR_EXCLUSION") return undefined;
  const text = own.text.replace(/^add\s+/i, "");
  return { steps: (constraint && addConstraint(subject, constraint, text)) ?? [`${head}${own.text}`] };
}

/** A nullable column, or one whose default is a constant, is added at once. */
function isHarmless(column: ColumnDef): boolean {
  if (serialType(column) !== undefined) return false;
  return (column.constraints ?? []).every((node) => {
    const { contype, raw_expr } = as(node, "Constraint") ?? {};
    return contype === "CONSTR_NULL" || (contype === "CONSTR_DEFAULT" && as(raw_expr, "A_Const") !== undefined);
  });
}
