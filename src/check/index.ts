/** The integrity of the data: what is wrong with it, a fix that can be undone, and what keeps it from coming back. */
export { checkErrors } from "./errors.ts";
export { type Category, type CheckDefinition, defineCheck, type Fix, type Level } from "./rule.ts";
