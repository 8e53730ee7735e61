/** The integrity of the data: what is wrong with it, a fix that can be undone, and what keeps it from coming back. */
export { checkErrors } from "./errors.ts";
export { fix, type FixOptions } from "./fix/fix.ts";
export type { FixedRows, FixResult } from "./fix/plan-fix.ts";
export type { UndoResult } from "./fix/plan-undo.ts";
export { undo, type UndoOptions } from "./fix/undo.ts";
export { type Category, type CheckDefinition, defineCheck, type Fix, type Level } from "./rule.ts";
