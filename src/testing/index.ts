/**
 * For a project's own tests: a migrated and seeded database for each test file, in tens of milliseconds. The first call
 * migrates and seeds a template; every other one copies it, until a migration, a seeder or the configuration changes.
 */
export { testDatabase, type TestDatabase, type TestDatabaseOptions } from "./test-database.ts";
