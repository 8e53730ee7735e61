/** From the server's position in a message to file, line and statement. */
import { pathToFileURL } from "node:url";
import { failure, redact, type StewardError, sqlstate } from "../core/errors.ts";
import { lineOf, type Statement } from "../core/sql-text.ts";
import { migrateErrors } from "./errors.ts";
import type { MigrationFile, Section } from "./file.ts";

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
  if (sqlstate(error) === "55P03") return lockTimeout(error, name);
  const at = offsetOf(error, where);
  const statement = where.statements.find(({ end }) => at <= end) ?? where.statements.at(-1);
  const { line: below, column } = lineOf(section.text, at);
  const line = section.line + below - 1;
  // Positions and tags count within the message that was sent: of no use to anybody who has the file.
  const { position: _, completed: __, ...facts } = error.data;
  const data = {
    ...facts,
    name,
    where: `${section.path}:${line}`,
    file: section.path,
    line,
    column,
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

/** What a script threw, of the server or of its own, as an error that names its file and, where the stack tells it, the line. `done`: what is applied. */
export function explainScript(error: StewardError, { name, path }: MigrationFile, done: "nothing" | "some" | "unknown"): StewardError {
  if (sqlstate(error) === "55P03") return lockTimeout(error, name);
  if (error.code !== "SQL_ERROR" && error.code !== "BUG") return error;
  const stack = `${error.stack}\n${error.cause instanceof Error ? error.cause.stack : ""}`;
  const line = stack.split(pathToFileURL(path).href)[1]?.match(/^\?\w+:(\d+)/)?.[1];
  const where = line === undefined ? path : `${path}:${line}`;
  const state = sqlstate(error);
  const detail = [error.detail, state && `sqlstate ${state}`].filter(Boolean).join("\n") || undefined;
  const data = { ...error.data, name, where, file: path, ...(line !== undefined && { line: Number(line) }), done };
  const hint =
    done === "nothing"
      ? "fix the file and run again: nothing of it was applied"
      : "fix the file and run again: it runs from its beginning, outside a transaction";
  return failure(migrateErrors, done === "nothing" ? "MIGRATE_FAILED" : "MIGRATE_FAILED_PARTLY", data, { cause: error, detail, hint });
}

function lockTimeout(error: StewardError, name: string): StewardError {
  const holder = error.data["holder"];
  const detail = holder === undefined ? error.detail : `held by ${holder as string}`;
  const many = error.data["tries"] === 1 ? "1 try" : `${String(error.data["tries"])} tries`;
  return failure(migrateErrors, "MIGRATE_LOCK_TIMEOUT", { ...error.data, name, many }, { cause: error, detail });
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
  const shown = redact(lines.join("\n"));
  return shown.length < text.length ? `${shown.slice(0, 400)} …` : shown.slice(0, 400);
}
