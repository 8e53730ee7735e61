/** What the server says when it refuses a statement, as pg reads it and as we tell it. */
import { failure, redact, sqlErrors, type StewardError } from "../core/errors.ts";

/** An ErrorResponse as pg reads it; all of it text. */
export interface ServerError extends Error {
  readonly code?: string;
  readonly severity?: string;
  readonly detail?: string;
  readonly hint?: string;
  readonly position?: string;
  readonly internalPosition?: string;
  readonly internalQuery?: string;
  readonly where?: string;
  readonly schema?: string;
  readonly table?: string;
  readonly column?: string;
  readonly dataType?: string;
  readonly constraint?: string;
  readonly routine?: string;
}

export function isServerError(error: unknown): error is ServerError {
  return error instanceof Error && "severity" in error && error.severity !== undefined;
}

/** SQL_ERROR with everything the server said; connection strings in it lose their passwords. */
export function sqlError(error: ServerError, more: Readonly<Record<string, unknown>> = {}): StewardError {
  const { detail, hint } = error;
  return failure(sqlErrors, "SQL_ERROR", { ...factsOf(error), ...more }, { cause: error, detail: redacted(detail), hint: redacted(hint) });
}

function factsOf(error: ServerError): Record<string, unknown> {
  const { message: text, code, severity, detail, where, schema, table, column, dataType, constraint, routine, internalQuery } = error;
  const said = { text, sqlstate: code, severity, detail, where, schema, table, column, dataType, constraint, routine, internalQuery };
  const positions = { position: error.position, internalPosition: error.internalPosition };
  return {
    ...present(said, redact),
    ...present(positions, Number),
  };
}

function present<T>(facts: Readonly<Record<string, string | undefined>>, read: (text: string) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(facts).flatMap(([name, text]) => (text === undefined ? [] : [[name, read(text)]])));
}

function redacted(text: string | undefined): string | undefined {
  return text === undefined ? undefined : redact(text);
}
