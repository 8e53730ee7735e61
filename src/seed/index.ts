/** Data to start with: seeders that know where they may run and undo exactly what they made, and generated data in bulk. */
export { seedErrors } from "./errors.ts";
export { mark, type MarkOptions, type MarkResult } from "./mark.ts";
export { run, type RunOptions, type RunResult } from "./run.ts";
export type { SeederOutcome } from "./step.ts";
export { defineSeeder, type SeedContext, type Seeder, type SeederFacts, type UpsertOptions } from "./seeder.ts";
export { listOperation as list, type ListResult, type ListedSeeder, status, type SeederStatus, type StatusResult } from "./status.ts";
export { defineSnapshot, type SnapshotRule, type SnapshotSpec } from "./snapshot/spec.ts";
export type { SnapshotKind } from "./snapshot/kinds.ts";
export { snapshot, type SnapshotResult, type SnapshotTableResult } from "./snapshot/snapshot.ts";
export type { SnapshotOptions } from "./snapshot/wanted.ts";
export { undo, type UndoOptions, type UndoResult } from "./undo.ts";
export { create as new, type NewOptions, type NewResult } from "./new.ts";
export { reset, type ResetOptions, type ResetResult } from "./reset.ts";
export { fill, type FillResult } from "./fill/fill.ts";
export { between, type ColumnSpec, defineFill, type FillSpec, matching, oneOf, sometimesNull, type TableSpec } from "./fill/spec.ts";
export type { FillOptions } from "./fill/want.ts";
