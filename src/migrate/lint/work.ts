/**
 * What takes long as long as a table is big, while others wait: told apart so that each statement has one judge. The lock is
 * the statement's own; what waits for a lock that an earlier statement took is lock-held's.
 */
import type { Trace } from "./trace.ts";
import { alterationsOf, type Judged, type LintContext } from "./rule.ts";
import type { Lock } from "./effects.ts";
import { type LockMode, stopsReads, stopsWrites } from "./lock-mode.ts";
import { hasMissingDefault } from "./missing-default.ts";
import { as } from "./parse.ts";

export type WorkKind = "rewrite" | "index build" | "foreign key" | "scan";

export interface LongWork {
  readonly judged: Judged;
  readonly kind: WorkKind;
  /** In use by others. */
  readonly tables: readonly string[];
  readonly stops: "reads and writes" | "writes";
}

/** Work under a lock of the statement's own that keeps others waiting. */
export function longWork(context: LintContext): LongWork[] {
  return context.judged.flatMap((judged) => workOf(context, judged));
}

function workOf(context: LintContext, judged: Judged): LongWork[] {
  const blocking = blockingLocks(context, judged);
  return kindsOf(context, judged).flatMap(([kind, all]) => {
    const tables = [...new Set(all.filter((table) => blocking.has(table)))];
    const stops = tables.some((table) => stopsReads(blocking.get(table) as LockMode)) ? ("reads and writes" as const) : ("writes" as const);
    return tables.length === 0 ? [] : [{ judged, kind, tables, stops }];
  });
}

/** Tables by what is done to them; each counts once, as the longest of it. */
function kindsOf(context: LintContext, judged: Judged): (readonly [WorkKind, readonly string[]])[] {
  const { rewrites, indexBuilds, scans } = judged.trace;
  const built = indexBuilds.filter(({ concurrently, table }) => !concurrently && !rewrites.includes(table)).map(({ table }) => table);
  const read = scans.filter((table) => !rewrites.includes(table) && !built.includes(table));
  const keyed = checkedForeignKeys(context, judged);
  const inUse = keyed.some((table) => !context.isFresh(table));
  return [
    ["rewrite", rewrites],
    ["index build", built],
    ["foreign key", inUse ? read : []],
    // A NOT NULL that cannot hold is not read, it fails.
    ["scan", keyed.length > 0 || hasMissingDefault(context, judged) ? [] : read],
  ];
}

function blockingLocks(context: LintContext, judged: Judged): ReadonlyMap<string, LockMode> {
  const again = takesAgain(judged) ? judged.trace.held.filter(({ relation, mode }) => stopsWrites(mode) && !context.isFresh(relation)) : [];
  return new Map([...again, ...locksInUse(context, judged)].map(({ relation, mode }) => [relation, mode]));
}

/** Locks of the statement's own that stop writes to tables in use. */
export function locksInUse(context: LintContext, judged: Judged): Trace["locks"] {
  // A materialized view is written by nothing but its refresh.
  const stops = ({ kind, mode }: Lock): boolean => (kind === "materialized view" ? stopsReads(mode) : stopsWrites(mode));
  return judged.trace.locks.filter((lock) => stops(lock) && !context.isFresh(lock.relation));
}

/** A lock that the transaction holds already does not show again; all of these would take it themselves. */
function takesAgain({ node, trace }: Judged): boolean {
  if (trace.rewrites.length > 0 || trace.indexBuilds.length > 0 || as(node, "AlterDomainStmt") || as(node, "CreateStmt")) return true;
  const commands = as(node, "AlterTableStmt")?.cmds ?? [];
  return commands.some((command) => as(command, "AlterTableCmd")?.subtype !== "AT_ValidateConstraint");
}

/** Tables that get a foreign key that is checked. A fresh one has no rows to check, and the other is not read for it. */
function checkedForeignKeys(context: LintContext, judged: Judged): string[] {
  return alterationsOf(context, judged).flatMap(({ table, command }) => {
    const constraint = as(command.def, "Constraint");
    const inColumn = as(command.def, "ColumnDef")?.constraints?.some((one) => as(one, "Constraint")?.contype === "CONSTR_FOREIGN");
    return (constraint?.contype === "CONSTR_FOREIGN" && !constraint.skip_validation) || inColumn === true ? [table] : [];
  });
}
