/** The safe sequence for a statement, as SQL for the target's version; undefined where there is none. */
import type { AlterTableCmd, ColumnDef } from "libpg-query";
import { as } from "../parse.ts";
import { alterationsOf, type Judged, type LintContext } from "../rule.ts";
import { addColumn, changeType, serialType } from "./column.ts";
import { addConstraint } from "./constraint.ts";
import { createIndex, refresh, reindex } from "./index-build.ts";
import { notNull } from "./not-null.ts";
import { attach, createPartition } from "./partition.ts";
import { alterTable, apart, script } from "./words.ts";

export function safeSequence(context: LintContext, judged: Judged): string | undefined {
  const steps = stepsOf(context, judged);
  return steps && script(apart, ...steps);
}

function stepsOf(context: LintContext, judged: Judged): string[] | undefined {
  const { node, trace } = judged;
  const index = as(node, "IndexStmt");
  if (index) return createIndex(context, judged, index);
  if (as(node, "ReindexStmt")) return reindex(trace.statement);
  const view = as(node, "RefreshMatViewStmt");
  if (view?.relation) return view.skipData ? undefined : refresh(context, context.nameOf(view.relation), trace.statement);
  const create = as(node, "CreateStmt");
  const parent = as(create?.inhRelations?.[0], "RangeVar");
  if (create?.partbound && parent && create.relation)
    return createPartition(context, context.nameOf(parent), context.nameOf(create.relation), create.partbound);
  return as(node, "AlterTableStmt") ? commandByCommand(context, judged) : undefined;
}

/** Command by command; one that has no safe form has none for the whole statement, one that needs none stays as it is. */
function commandByCommand(context: LintContext, judged: Judged): string[] | undefined {
  const steps = alterationsOf(context, judged).map(({ table, command }) => commandSteps(context, judged, table, command));
  return steps.every((step) => step !== undefined) ? steps.flat() : undefined;
}

/** Commands that write the table anew whatever one does. */
const hopeless = ["AT_SetLogged", "AT_SetUnLogged", "AT_SetTableSpace", "AT_SetAccessMethod"];

function commandSteps(context: LintContext, judged: Judged, table: string, command: AlterTableCmd): string[] | undefined {
  const { subtype = "", name = "" } = command;
  if (hopeless.includes(subtype)) return undefined;
  if (subtype === "AT_SetNotNull") return notNull(table, name, context.version);
  const [column, constraint, partition] = [as(command.def, "ColumnDef"), as(command.def, "Constraint"), as(command.def, "PartitionCmd")];
  if (subtype === "AT_AddColumn" && column && !isHarmless(column)) return addColumn(context, table, column);
  if (subtype === "AT_AlterColumnType" && column && judged.trace.rewrites.includes(table)) return changeType(context, table, name, column);
  if (subtype === "AT_AttachPartition") return partition?.name && attach(context, table, context.nameOf(partition.name), partition.bound);
  if (constraint?.contype === "CONSTR_EXCLUSION") return undefined;
  return (constraint && addConstraint(context, table, constraint)) ?? [alterTable(context, table, command)];
}

/** A nullable column, or one whose default is a constant, is added at once. */
function isHarmless(column: ColumnDef): boolean {
  if (serialType(column) !== undefined) return false;
  return (column.constraints ?? []).every((node) => {
    const { contype, raw_expr } = as(node, "Constraint") ?? {};
    return contype === "CONSTR_NULL" || (contype === "CONSTR_DEFAULT" && as(raw_expr, "A_Const") !== undefined);
  });
}
