/**
 * Sequential SQL migrations: a folder of files, a history in the database, one lock.
 *
 * History is a set of names and content hashes. `plan` says what would change and a run changes exactly that; each
 * migration is applied whole or, where it holds what no transaction takes, resumed at the right statement.
 */
export { adopt, baseline, type AdoptOptions, type BaselineOptions, type BaselineResult } from "./baseline.ts";
export { checkMerge, type CheckMergeOptions, type CheckMergeResult } from "./merge/check-merge.ts";
export type { MigrationState } from "./compare.ts";
export { diff, type DiffOptions, type DiffResult, type SchemaChange } from "./diff/diff.ts";
export { down, redo, rollback, to, type DownOptions, type DownResult, type RollbackOptions, type ToOptions } from "./down.ts";
export { migrateErrors } from "./errors.ts";
export { generate, type GenerateOptions, type GenerateResult } from "./generate/generate.ts";
export type { FileFix } from "./lint/fix/fix.ts";
export { lint, type LintedStatement, type LintOptions, type LintResult } from "./lint/lint.ts";
export { newMigration, type MigrationContent, type NewMigration } from "./new-migration.ts";
export { create as new, type NewOptions, type NewResult } from "./new.ts";
export { deriveDown, type DeriveDownOptions, type DeriveDownResult } from "./prove/derive-down.ts";
export { prove, type ProveOptions, type ProveResult } from "./prove/prove.ts";
export type { ChainProof, FileProof, Verdict } from "./prove/proof.ts";
export { repair, type RepairOptions, type RepairResult } from "./repair.ts";
export type { BackfillOptions, BackfillScript, MigrationScript } from "./script.ts";
export {
  history,
  planOperation as plan,
  status,
  type HistoryResult,
  type MigrationStatus,
  type PlanResult,
  type StatusResult,
} from "./status.ts";
export { squash, type SquashOptions, type SquashResult } from "./squash/squash.ts";
export { up, type UpOptions, type UpResult } from "./up.ts";
export { validate, type ValidateOptions, type ValidateResult } from "./validate.ts";
