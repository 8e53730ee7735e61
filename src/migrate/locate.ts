/** From the server's position in a message to file, line and statement. */
import { failure, type StewardError, sqlstate } from "../core/errors.ts";
import { lineOf, type Statement } from "../core/sql-text.ts";
import { migrateErrors } from "./errors.ts";
import type { Section } from "./file.ts";

export interface Located {
  readonly name: string;
  readonly section: Section;
  /** Where the executed text begins in the section. */
  readonly offset: number;
  readonly statements: readonly Statement[];
  /** Characters of ours before the section's text in the message. */
  readonly prefix: number;
  /** Statements of ours before the file's. */
  readonly begun: number;
}

/** The server's error as one that names file, line, statement and sqlstate. `done` steps of the migration were done before it. */
export function explainSql(error: StewardError, where: Located, done: number): StewardError {
  if (error.code !== "SQL_ERROR") return error;
  const { name, section } = where;
  if (sqlstate(error) === "55P03") {
    const holder = error.data["holder"];
    return failure(
      migrateErrors,
      "MIGRATE_LOCK_TIMEOUT",
      { ...error.data, name, tries: "all" },
      { cause: error, detail: holder === undefined ? error.detail : `held by ${String(holder)}` },
    );
  }
  const at = offsetOf(error, where);
  const statement = where.statements.find(({ end }) => at <= end) ?? where.statements.at(-1);
  const line = section.line + lineOf(section.text, at).line - 1;
  const data = {
    ...error.data,
    name,
    where: `${section.path}:${line}`,
    file: section.path,
    line,
    statement: excerpt(statement?.text ?? ""),
    done,
  };
  const detail = [`statement: ${data.statement}`, error.detail, `sqlstate ${sqlstate(error)}`].filter(Boolean).join("\n");
  const options = {
    cause: error,
    detail,
    hint: error.hint ?? (done > 0 ? undefined : "fix the file and run again: nothing of it was applied"),
  };
  return failure(migrateErrors, done > 0 ? "MIGRATE_FAILED_PARTLY" : "MIGRATE_FAILED", data, options);
}

/** In the section's text: where the server points, else where the first statement begins that was not completed. */
function offsetOf(error: StewardError, { section, offset, statements, prefix, begun }: Located): number {
  const position = error.data["position"] as number | undefined;
  if (position !== undefined) return offset + codeUnits(section.text.slice(offset), Math.max(0, position - 1 - prefix));
  const completed = (error.data["completed"] as readonly string[] | undefined)?.length ?? begun;
  const index = Math.min(Math.max(0, completed - begun), statements.length - 1);
  return statements[index]?.start ?? 0;
}

/** The server counts characters, JavaScript counts UTF-16 code units. */
function codeUnits(text: string, characters: number): number {
  let units = 0;
  for (const character of text) {
    if (characters-- <= 0) break;
    units += character.length;
  }
  return units;
}

/** A statement's first lines, as much as an error message bears. */
function excerpt(text: string): string {
  const lines = text.split("\n").slice(0, 6);
  const shown = lines.join("\n");
  return shown.length < text.length ? `${shown.slice(0, 400)} …` : shown.slice(0, 400);
}
