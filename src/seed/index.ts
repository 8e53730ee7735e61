/** Data to start with: seeders that know where they may run and undo exactly what they made, and generated data in bulk. */
export { seedErrors } from "./errors.ts";
export { defineSeeder, type SeedContext, type Seeder, type UpsertOptions } from "./seeder.ts";
