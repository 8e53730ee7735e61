/** Data to start with: seeders that know where they may run and undo exactly what they made, and generated data in bulk. */
export { seedErrors } from "./errors.ts";
export { fill, type FillResult } from "./fill/fill.ts";
export { between, type ColumnSpec, defineFill, type FillSpec, matching, oneOf, sometimesNull, type TableSpec } from "./fill/spec.ts";
export type { FillOptions } from "./fill/want.ts";
export { defineSeeder, type SeedContext, type Seeder, type UpsertOptions } from "./seeder.ts";
