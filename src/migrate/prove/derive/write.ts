/** Where a derived down section goes: behind a marker in the file, or into a file of its own, as the folder's tool has it. */
import { readFile, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { failure } from "../../../core/errors.ts";
import { splitStatements } from "../../../core/sql-text.ts";
import { migrateErrors } from "../../errors.ts";
import { decode, type MigrationFile, sectionsOf } from "../../file.ts";
import type { LayoutName } from "../../layouts/layout.ts";

export interface Place {
  readonly path: string;
  /** The line above the section; undefined for a file of its own. */
  readonly marker: string | undefined;
}

/** Errors: MIGRATE_DOWN_NO_PLACE for a tool that would run the down with the up. */
export function placeOf({ path, name, down, version }: MigrationFile, layout: LayoutName): Place {
  if (down && down.path !== path) return { path: down.path, marker: undefined };
  const beside = (file: string): Place => ({ path: join(dirname(path), file), marker: undefined });
  if (path.endsWith(".up.sql")) return beside(`${basename(path, ".up.sql")}.down.sql`);
  switch (layout) {
    case "pgsteward":
      return { path, marker: "-- Down migration" };
    case "dbmate":
      return { path, marker: "-- migrate:down" };
    case "node-pg-migrate":
      return { path, marker: "-- Down Migration" };
    case "prisma":
      return beside("down.sql");
    case "drizzle":
      return beside(basename(path) === "migration.sql" ? "down.sql" : `${name}.down.sql`);
    case "flyway":
      return beside(basename(path).replace(/^V/, "U"));
    default:
      throw failure(migrateErrors, "MIGRATE_DOWN_NO_PLACE", { name, tool: layout, version });
  }
}

/** Writes `sql` as the down section. Errors: MIGRATE_DOWN_EXISTS unless `force`. */
export async function writeDown(file: MigrationFile, place: Place, sql: string, force: boolean): Promise<void> {
  const { name, down } = file;
  if (!force && down && splitStatements(down.text).length > 0)
    throw failure(migrateErrors, "MIGRATE_DOWN_EXISTS", { name, path: place.path });
  if (place.marker === undefined) return writeFile(place.path, `${sql}\n`, { flag: down ? "w" : "wx" });
  const bytes = await readFile(place.path);
  const text = withDown(decode(bytes, place.path), place.marker, sql);
  refuseMarkersInside(text, file, sql);
  await writeFile(place.path, bytes.includes("\r\n") ? text.replaceAll("\n", "\r\n") : text);
}

/** The text of a file up to its marker, which is kept as it stands, and behind it the section. */
function withDown(text: string, marker: string, sql: string): string {
  const { down } = sectionsOf(text, "");
  if (!down) return `${text.trimEnd()}\n\n${marker}\n\n${sql}\n`;
  const head = text
    .split("\n")
    .slice(0, down.line - 1)
    .join("\n");
  return `${head}\n\n${sql}\n`;
}

/** A function's body may hold a line that reads as a marker. */
function refuseMarkersInside(text: string, file: MigrationFile, sql: string): void {
  const { up, down } = sectionsOf(text, file.path);
  if (up.text.trim() === file.up.text.trim() && down?.text.trim() === sql.trim()) return;
  throw failure(migrateErrors, "MIGRATE_MARKERS", { path: file.path, line: 1 });
}
