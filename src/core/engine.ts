/**
 * Engine: a PostgreSQL that runs somewhere, with the abilities that it declares. Rooms ask for abilities, never which
 * engine it is. Session: one connection of it; the same types go in and out on every engine (docs/architecture.md).
 */
import type { Sql } from "./sql.ts";

/** What an engine can do. A room that needs an ability asks for it and says so in its error. */
export interface Abilities {
  /** Sessions that can be open at the same time. PGlite has 1. */
  readonly sessions: number;
  /** A running statement can be cancelled from outside. */
  readonly cancel: boolean;
  /** statement_timeout and lock_timeout fire. */
  readonly timeouts: boolean;
  /** A role can log in by itself, so that RLS is a security boundary. */
  readonly loginRoles: boolean;
  readonly logicalDecoding: boolean;
  /** COPY … FROM STDIN and TO STDOUT. */
  readonly copy: boolean;
  /** Other processes can connect to it through a URL. */
  readonly shared: boolean;
  /** Databases can be created and dropped beside the current one. */
  readonly databases: boolean;
  /** pg_dump of the right major version is at hand. */
  readonly dumpTool: boolean;
}

export type EngineKind = "native" | "pglite" | "postgres";

export interface Engine {
  readonly kind: EngineKind;
  readonly abilities: Abilities;
  /** Server version as a number: 180004, 150018. */
  readonly version: number;
  /** Names that CREATE EXTENSION accepts here. */
  extensions(): Promise<ReadonlySet<string>>;
  /**
   * Opens a session. On an engine with one session, waits until the open one is closed (at most `waitMs`,
   * default 30,000) and then fails with ENGINE_BUSY.
   */
  session(options?: SessionOptions): Promise<Session>;
  /** A URL that other programs can connect to, or undefined where `abilities.shared` is false. May hold a password. */
  url(): string | undefined;
  close(): Promise<void>;
}

export interface SessionOptions {
  /** `application_name` becomes `pgsteward/<room>`. */
  readonly room?: string;
  /** Connects to another database of the same engine. */
  readonly database?: string;
  readonly waitMs?: number;
}

export interface Rows<R> {
  readonly rows: R[];
  /** Rows returned or changed, as in the command tag. */
  readonly count: number;
  /** The command: `SELECT`, `INSERT`, `CREATE`. */
  readonly command: string;
}

// biome-ignore lint/suspicious/noExplicitAny: a row's shape is the caller's claim about its own SQL
export type Row = Record<string, any>;

/**
 * One connection. Types, the same on every engine: int2/int4/oid/float → number, int8 → bigint, numeric → string,
 * bool → boolean, timestamptz → Date, date/time/timestamp/interval → string, json/jsonb → parsed value,
 * bytea → Uint8Array, arrays of these → arrays, everything else → string.
 * In: the same, plus plain objects → JSON; an array for a json column needs `json(value)`.
 * Failures are StewardError `SQL_ERROR` with `data.sqlstate`, or `ENGINE_CONNECTION_LOST`.
 */
export interface Session {
  /** The backend's process id. */
  readonly pid: number;
  /** One statement with parameters. */
  query<R = Row>(statement: Sql | string, values?: readonly unknown[]): Promise<Rows<R>>;
  /** Many statements without parameters, sent as one message (one round trip). On failure `data.completed` lists the tags that completed. */
  script(text: string): Promise<Rows<Row>[]>;
  /** BEGIN … COMMIT around `body`; nested calls use savepoints. Rolls back when `body` throws. */
  transaction<T>(body: (session: Session) => Promise<T>): Promise<T>;
  /** LISTEN; resolves to the function that stops it. */
  listen(channel: string, onNotify: (payload: string) => void): Promise<() => Promise<void>>;
  /** COPY … FROM STDIN fed from `data`; resolves to the number of rows. */
  copyIn(statement: string, data: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<number>;
  /** COPY … TO STDOUT. */
  copyOut(statement: string): AsyncIterable<Uint8Array>;
  /** Cancels the running statement, where `abilities.cancel`. */
  cancel(): Promise<void>;
  /** Notices that the server raises, until the returned function is called. */
  onNotice(listener: (message: string) => void): () => void;
  /** Ends it. A single-session engine is left as a fresh connection would find it. */
  close(): Promise<void>;
}
