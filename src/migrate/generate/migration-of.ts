import { type MigrationFile, sqlMigration } from "../file.ts";

/** Statements as a migration without a file. */
export function migrationOf(text: string, name = "generated"): MigrationFile {
  return sqlMigration({ name, version: "", path: `${name}.sql`, text, whole: true });
}
