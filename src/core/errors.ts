/**
 * One error class in PostgreSQL's vocabulary, and the tables that every room's errors come from.
 *
 * A room lists its errors once, in `errors.ts`: code, exit code, message, hint. docs/errors.md is generated from
 * these tables; no other file writes English for a failure.
 */

/** What a failed operation left behind in the database. */
export type DatabaseState = "unchanged" | "rolled back" | "partly changed";

/** Process exit codes; the table is in docs/errors.md. */
export type ExitCode = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 70;

/** One row of a room's error table. `{name}` in a text stands for `data.name`. */
export interface ErrorSpec {
  readonly exit: ExitCode;
  readonly message: string;
  readonly hint?: string;
  /** What state it leaves the database in, when that is always the same. */
  readonly database?: DatabaseState;
  /** One sentence for docs/errors.md: when it happens and why it is refused. */
  readonly when: string;
}

export type ErrorTable = Readonly<Record<string, ErrorSpec>>;

export interface ErrorOptions {
  readonly cause?: unknown;
  readonly detail?: string | undefined;
  readonly hint?: string | undefined;
  readonly database?: DatabaseState | undefined;
  readonly exit?: ExitCode | undefined;
}

const brand = Symbol.for("pgsteward.error");

/** Every failure that pgsteward reports. Recognise it with `StewardError.is(e)`: two copies of the package break `instanceof`. */
export class StewardError extends Error {
  /** Stable, for programs: `MIGRATE_CHECKSUM_CHANGED`. */
  readonly code: string;
  readonly exit: ExitCode;
  /** More about this case: the server's detail, the list of objects. */
  readonly detail: string | undefined;
  /** The way out: one imperative sentence or the exact command. */
  readonly hint: string | undefined;
  readonly database: DatabaseState;
  /** Facts for machines. */
  readonly data: Readonly<Record<string, unknown>>;

  constructor(code: string, spec: ErrorSpec, data: Readonly<Record<string, unknown>> = {}, options: ErrorOptions = {}) {
    super(fill(spec.message, data), options.cause === undefined ? undefined : { cause: options.cause });
    Object.defineProperty(this, brand, { value: true });
    this.name = "StewardError";
    this.code = code;
    this.exit = options.exit ?? spec.exit;
    this.detail = options.detail;
    this.hint = options.hint ?? (spec.hint === undefined ? undefined : fill(spec.hint, data));
    this.database = options.database ?? spec.database ?? "unchanged";
    this.data = data;
  }

  static is(error: unknown): error is StewardError {
    return typeof error === "object" && error !== null && brand in error;
  }

  toJSON(): Record<string, unknown> {
    const { code, message, detail, hint, database, data } = this;
    return { code, message, detail, hint, database, data };
  }
}

/** Makes (does not throw) the error `code` of `table`. */
export function failure<T extends ErrorTable>(
  table: T,
  code: keyof T & string,
  data: Readonly<Record<string, unknown>> = {},
  options: ErrorOptions = {},
): StewardError {
  return new StewardError(code, table[code] as ErrorSpec, data, options);
}

/** The server's own answer to a statement, kept as data: `sqlstate`, `position` (1-based, in characters of the text sent). */
export interface SqlErrorData {
  readonly sqlstate: string;
  readonly position?: number;
  readonly severity?: string;
  readonly where?: string;
  readonly table?: string;
  readonly column?: string;
  readonly constraint?: string;
  /** Command tags of the statements of a script that did complete before the failing one. */
  readonly completed?: readonly string[];
}

export const sqlErrors = {
  SQL_ERROR: {
    exit: 6,
    message: "{text}",
    when: "PostgreSQL refused a statement. `data.sqlstate` carries its code; rooms wrap it into an error of their own where they know more.",
  },
} as const;

/** The sqlstate of an error of ours, or undefined where the server said nothing. */
export function sqlstate(error: unknown): string | undefined {
  return StewardError.is(error) ? (error.data["sqlstate"] as string | undefined) : undefined;
}

/** Any thrown value as a StewardError; what is not ours is our bug (exit 70). */
export function asStewardError(error: unknown): StewardError {
  if (StewardError.is(error)) return error;
  const cause = error instanceof Error ? error : new Error(String(error));
  return new StewardError("BUG", coreErrors.BUG, { text: cause.message }, { cause });
}

export const coreErrors = {
  BUG: {
    exit: 70,
    message: "unexpected failure in pgsteward: {text}",
    hint: "run again with PGSTEWARD_DEBUG=1 for the stack and report it",
    when: "A failure that pgsteward did not foresee. It is our bug.",
  },
  INTERRUPTED: {
    exit: 6,
    message: "interrupted",
    hint: "run the same command again: it continues where this run stopped",
    when: "The command was interrupted by Ctrl-C or SIGTERM. The step under way was rolled back or is resumed by the next run.",
  },
  INPUT_INVALID: {
    exit: 2,
    message: "{operation}: {problem}",
    hint: "see `pgsteward {operation} --help`",
    when: "An option of an operation is unknown or has a value that it does not take.",
  },
} as const;

const secretUrl = /\b([a-z][a-z0-9+]*:\/\/[^\s:@/]*):[^\s@]*@/gi;

/** Text with the password of every connection string in it replaced by `***`. */
export function redact(text: string): string {
  return text.replace(secretUrl, "$1:***@").replace(/(\bpassword\s*=\s*)[^\s&]+/gi, "$1***");
}

function fill(template: string, data: Readonly<Record<string, unknown>>): string {
  return redact(template.replace(/\{(\w+)\}/g, (_, key: string) => `${(data[key] ?? "") as string | number}`));
}
