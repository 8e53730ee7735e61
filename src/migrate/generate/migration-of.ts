import { type MigrationFile, sqlMigration } from "../file.ts";

/** Statements as a migration without a file. */
export function migrationOf(text: string): MigrationFile {
  return sqlMigration({ name: "generated", version: "", path: "generated.sql", text, whole: true });
}
