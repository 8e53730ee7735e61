/**
 * The integrity of the data: what is wrong with it, a fix that can be undone, and what keeps it from coming back.
 *
 * Rules are declared, from the catalog and by the project, and all of them look at one instant of the database. A run
 * that cannot see everything is refused: what it does not see it would call missing.
 */
export { baseline, type BaselineOptions, type BaselineResult } from "./acknowledge.ts";
export type { Acknowledged } from "./baseline.ts";
export { checkErrors } from "./errors.ts";
export type { Fingerprint } from "./fingerprint.ts";
export { fix, type FixOptions } from "./fix/fix.ts";
export type { FixedRows, FixResult } from "./fix/plan-fix.ts";
export type { UndoResult } from "./fix/plan-undo.ts";
export { undo, type UndoOptions } from "./fix/undo.ts";
export type { ReportFormat } from "./formats/formats.ts";
export { report, type ReportOptions, type ReportResult } from "./report.ts";
export { type CheckOptions, type CheckResult, run, type RuleSummary, type RunOptions } from "./run.ts";
export {
  type AggregateCheck,
  type Category,
  type CheckDefinition,
  type DateRangeCheck,
  defineCheck,
  type DuplicatesCheck,
  type Fix,
  type IndexCheck,
  type Level,
  type RowCheck,
  type SqlCheck,
} from "./rule.ts";
export { trend, type RuleTrend, type TrendOptions, type TrendResult } from "./trend.ts";
