/** PgSession: one connection, to a server or, through a stream, to PGlite. */
import type { Row, Rows, Session } from "../core/engine.ts";
import { failure, sqlstate, type StewardError } from "../core/errors.ts";
import { quoteIdentifier, type Sql } from "../core/sql.ts";
import { encode } from "../core/types.ts";
import {
  type ConnectOptions,
  connectError,
  makeClient,
  mayGoWithoutTls,
  type Place,
  placeOf,
  type WireClient,
  withoutTls,
} from "./connect.ts";
import type { CopySink } from "./copy.ts";
import { engineErrors } from "./errors.ts";
import { isServerError, type ServerError, sqlError } from "./server-error.ts";
import { type Exchange, message, statement } from "./wire.ts";

export interface SessionFacts {
  /** Server version as a number: 180004. */
  readonly version: number;
  readonly pid: number;
  readonly [fact: string]: unknown;
}

export interface PgSessionOptions extends ConnectOptions {
  /** More columns for the one statement that greets the server: `current_setting('wal_level') as "walLevel"`. */
  readonly facts?: string;
  /** False where the connection is no network connection: no keepalives. Default true. */
  readonly keepalives?: boolean;
  /** Replaces cancellation by a CancelRequest; PGlite has none. */
  readonly cancel?: (session: PgSession) => Promise<void>;
  /** More statements for the greeting, each with its semicolon. */
  readonly settings?: string;
}

/** What the text formats depend on and a database or role may have set otherwise. DateStyle keeps its order of day and month. */
const formats =
  "set client_encoding = 'UTF8'; set datestyle = 'ISO'; set intervalstyle = 'postgres'; set bytea_output = 'hex'; set extra_float_digits = 1;";
/** A server whose client has died gives its locks back after 25 s instead of two hours. */
const keepalives = "set tcp_keepalives_idle = 10; set tcp_keepalives_interval = 5; set tcp_keepalives_count = 3;";
const connectionCheck = "set client_connection_check_interval = '5s';";

/** How long close() waits for the other side's goodbye. */
const goodbyeMs = 1_000;

/**
 * Opens a session: connection, settings and facts in one round trip after the startup.
 * Errors: ENGINE_UNREACHABLE, ENGINE_TLS_FAILED, ENGINE_AUTH_FAILED, ENGINE_DATABASE_MISSING, ENGINE_TOO_MANY_CONNECTIONS, ENGINE_STARTING_UP.
 */
export async function openSession(options: PgSessionOptions): Promise<PgSession> {
  const client = await makeClient(options);
  const place = placeOf(client, options.location);
  const session = new PgSession(client, place, options);
  const timeoutMs = options.connectTimeoutMs ?? 10_000;
  const late = new Error(`no answer within ${timeoutMs} ms`);
  const timer = setTimeout(() => session.abandon(late), timeoutMs);
  try {
    await client.connect();
    await session.greet();
    return session;
  } catch (error) {
    session.abandon(error);
    if (mayGoWithoutTls(options.url, error)) return await openSession({ ...options, url: withoutTls(options.url) });
    throw connectError(session.reason === late ? late : causeOf(error), place);
  } finally {
    clearTimeout(timer);
  }
}

function causeOf(error: unknown): unknown {
  return error instanceof Error && error.cause !== undefined ? error.cause : error;
}

export class PgSession implements Session {
  facts: SessionFacts = { version: 0, pid: 0 };
  /** What ended the connection, once it has ended. */
  reason: unknown;
  readonly #client: WireClient;
  readonly #place: Place;
  readonly #options: PgSessionOptions;
  readonly #channels = new Map<string, Set<(payload: string) => void>>();
  readonly #lostListeners = new Set<(error: StewardError) => void>();
  #turn: Promise<unknown> = Promise.resolve();
  #current: { readonly exchange: Exchange; readonly settle: () => void } | undefined;
  #cancelling: Promise<void> = Promise.resolve();
  #lost = false;
  #closed = false;
  #closing: Promise<void> | undefined;
  #depth = 0;

  constructor(client: WireClient, place: Place, options: PgSessionOptions) {
    this.#client = client;
    this.#place = place;
    this.#options = options;
    client.connection.on("readyForQuery", () => this.#ready());
    // Without a listener an 'error' of an idle connection would end the process.
    client.on("error", (error) => this.abandon(error));
    client.on("end", () => this.#end());
    client.on("notification", ({ channel, payload }) => this.#notified(channel, payload ?? ""));
  }

  get pid(): number {
    return this.facts.pid;
  }

  /** The key of the connection that a CancelRequest names; undefined where the server (or pooler) gave none. */
  get cancelKey(): { readonly pid: number; readonly secret: number } | undefined {
    const { processID, secretKey } = this.#client;
    return processID === null || secretKey === null ? undefined : { pid: processID, secret: secretKey };
  }

  get address(): { readonly host: string; readonly port: number } {
    return { host: this.#client.host, port: this.#client.port };
  }

  get place(): Place {
    return this.#place;
  }

  /** True when something between us and the server answers for it: the startup's pid is not the backend's. */
  get behindPooler(): boolean {
    return this.#client.processID !== this.pid;
  }

  async query<R = Row>(statementOrText: Sql | string, values: readonly unknown[] = []): Promise<Rows<R>> {
    const { text, values: given } = typeof statementOrText === "string" ? { text: statementOrText, values } : statementOrText;
    if (given.length > 65_535) throw new TypeError(`${given.length} parameters: the protocol takes at most 65,535`);
    const { results } = await this.#run(statement(checked(text), given.map(encode)));
    return (results.at(-1) ?? { rows: [], count: 0, command: "" }) as Rows<R>;
  }

  async script(text: string): Promise<Rows<Row>[]> {
    const { results } = await this.#run(message(checked(text)), true);
    return results;
  }

  async transaction<T>(body: (session: Session) => Promise<T>): Promise<T> {
    const level = ++this.#depth;
    try {
      const savepoint = await this.#begin(level);
      try {
        const result = await body(this);
        this.#checkLevel(level);
        await this.#commit(savepoint);
        return result;
      } catch (error) {
        this.#checkLevel(level);
        await this.#rollback(savepoint);
        throw error;
      }
    } finally {
      this.#depth = level - 1;
    }
  }

  async listen(channel: string, onNotify: (payload: string) => void): Promise<() => Promise<void>> {
    const listeners = this.#channels.get(channel) ?? new Set();
    const listener = (payload: string): void => onNotify(payload);
    this.#channels.set(channel, listeners.add(listener));
    await this.query(`listen ${quoteIdentifier(channel)}`);
    return async () => {
      if (!listeners.delete(listener) || listeners.size > 0) return;
      this.#channels.delete(channel);
      if (!this.#lost && !this.#closing) await this.query(`unlisten ${quoteIdentifier(channel)}`);
    };
  }

  async copyIn(statement: string, data: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<number> {
    const text = checked(statement);
    let thrown: (() => unknown) | undefined;
    try {
      const { results } = await this.#run(async () => {
        // Loaded in its turn, so that what is asked next stays next. Most runs copy nothing.
        const source = (await import("./copy.ts")).copySource(data);
        thrown = source.failure;
        return message(text, source);
      });
      return results.at(-1)?.count ?? 0;
    } catch (error) {
      throw thrown?.() ?? error;
    }
  }

  async *copyOut(statement: string): AsyncGenerator<Uint8Array, void, void> {
    const sink = new (await import("./copy.ts")).CopySink();
    const done = this.#run(message(checked(statement), sink)).finally(() => sink.end());
    done.catch(() => {});
    let complete = false;
    try {
      for (let chunk = await sink.next(); chunk; chunk = await sink.next()) yield chunk;
      complete = true;
    } finally {
      if (!complete) await this.#leaveCopy(sink, done);
    }
    await done;
  }

  async cancel(): Promise<void> {
    const { cancel } = this.#options;
    if (!cancel) throw failure(engineErrors, "ENGINE_ABILITY_MISSING", { engine: this.#place.location, ability: "cancel a statement" });
    if (!this.#current) return;
    this.#cancelling = cancel(this);
    await this.#cancelling;
  }

  onNotice(listener: (message: string) => void): () => void {
    const heard = (notice: { readonly message?: string | undefined }): void => queueMicrotask(() => listener(notice.message ?? ""));
    this.#client.on("notice", heard);
    return () => void this.#client.off("notice", heard);
  }

  /** Tells when the connection ends without `close()`; LISTENers have nothing else that fails. */
  onLost(listener: (error: StewardError) => void): () => void {
    this.#lostListeners.add(listener);
    return () => void this.#lostListeners.delete(listener);
  }

  /** Called once, when the connection has ended, in whatever way. */
  onEnd(listener: (reason: unknown) => void): void {
    if (this.#lost) listener(this.reason);
    else this.#client.once("end", () => listener(this.reason));
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** Drops the connection without a goodbye. */
  abandon(reason: unknown): void {
    this.reason ??= reason;
    this.#client.connection.stream.destroy();
  }

  /** The one round trip after the startup: settings, and the facts that the engine asks for. */
  async greet(): Promise<void> {
    const facts = this.#options.facts === undefined ? "" : `, ${this.#options.facts}`;
    const own = `${formats} ${this.#options.settings ?? ""}`;
    const ask = `select current_setting('server_version_num')::int as version, pg_backend_pid() as pid${facts}`;
    if (this.#options.keepalives === false) return this.#learn(`${own} ${ask}`);
    try {
      await this.#learn(`${own} ${keepalives} ${connectionCheck} ${ask}`);
    } catch (error) {
      // Unknown before PostgreSQL 14, and refused where the platform cannot notice a closed socket.
      if (!["42704", "22023"].includes(sqlstate(error) ?? "")) throw error;
      await this.#learn(`${own} ${keepalives} ${ask}`);
    }
  }

  async #learn(text: string): Promise<void> {
    const results = await this.script(text);
    this.facts = results.at(-1)?.rows[0] as SessionFacts;
  }

  /** One exchange at a time: the next one waits until the server is ready again. */
  #run(given: Exchange | (() => Exchange | Promise<Exchange>), script = false): Promise<Exchange> {
    const turn = this.#turn.then(async () => {
      await this.#cancelling.catch(() => {});
      const exchange = typeof given === "function" ? await given() : given;
      await this.#exchange(exchange);
      if (exchange.error !== undefined) throw this.#errorOf(exchange, script);
      return exchange;
    });
    this.#turn = turn.catch(() => {});
    return turn;
  }

  #exchange(exchange: Exchange): Promise<void> {
    if (this.#lost || this.#closed) {
      exchange.handleError(this.#lostError());
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const settle = (): void => {
        this.#current = undefined;
        resolve();
      };
      this.#current = { exchange, settle };
      this.#client.query(exchange as never);
    });
  }

  #ready(): void {
    const error = this.#current?.exchange.error;
    // A server closes the connection now; PGlite says ready and hangs at the next statement (measured after a PANIC on a full disk).
    if (isServerError(error) && /^(FATAL|PANIC)$/.test(error.severity ?? "")) this.abandon(error);
    else this.#current?.settle();
  }

  #errorOf({ error, completed }: Exchange, script: boolean): unknown {
    return this.#lost || !isServerError(error) ? error : sqlError(error, script ? { completed } : {});
  }

  #end(): void {
    this.#lost = true;
    const current = this.#current;
    if (current) {
      // The server's last words (57P01: terminated by an administrator) say more than the closed socket.
      if (isServerError(current.exchange.error)) this.reason = current.exchange.error;
      current.exchange.error = this.#lostError();
      current.settle();
    }
    if (!this.#closed) for (const listener of this.#lostListeners) listener(this.#lostError());
  }

  #lostError(): StewardError {
    const cause = this.reason as ServerError | undefined;
    const problem = this.#closed ? "the session is closed" : (cause?.message ?? "the server closed it");
    const sqlstate = isServerError(cause) ? { sqlstate: cause.code } : {};
    return failure(engineErrors, "ENGINE_CONNECTION_LOST", { ...this.#place, problem, ...sqlstate }, { cause });
  }

  /** BEGIN, or SAVEPOINT when a transaction is open; its name is returned. A transaction that a failed script left behind is ended first. */
  async #begin(level: number): Promise<string | undefined> {
    let savepoint: string | undefined;
    await this.#run(() => {
      const status = this.#client.getTransactionStatus();
      if (level > 1 || status === "T") savepoint = `pgsteward_${level}`;
      return message(savepoint === undefined ? (status === "E" ? "rollback; begin" : "begin") : `savepoint ${savepoint}`);
    });
    return savepoint;
  }

  /** Of two transactions that overlap on one session nobody can say which statement belongs to which: nothing more may be executed. */
  #checkLevel(level: number): void {
    if (this.#depth === level || this.#lost) return;
    this.abandon(new Error("two transactions of one session overlapped: open a session for each, or await the inner one"));
    throw this.#lostError();
  }

  async #commit(savepoint: string | undefined): Promise<void> {
    const [end] = await this.script(savepoint === undefined ? "commit" : `release savepoint ${savepoint}`).catch((error: unknown) => {
      throw sqlstate(error) === "25P02" ? failure(engineErrors, "ENGINE_TRANSACTION_ABORTED", {}, { cause: error }) : error;
    });
    if (end?.command === "ROLLBACK") throw failure(engineErrors, "ENGINE_TRANSACTION_ABORTED");
  }

  async #rollback(savepoint: string | undefined): Promise<void> {
    await this.#turn;
    if (this.#lost || this.#client.getTransactionStatus() === "I") return;
    // The failure under way matters more than one of the rollback, which only a lost connection causes.
    await this.script(savepoint === undefined ? "rollback" : `rollback to savepoint ${savepoint}; release savepoint ${savepoint}`).catch(
      () => {},
    );
  }

  /** The consumer left a COPY early: the server has to stop, or gigabytes would have to be read and thrown away. */
  async #leaveCopy(sink: CopySink, done: Promise<unknown>): Promise<void> {
    sink.discard();
    if (this.#options.cancel) await this.cancel().catch(() => {});
    await done.catch(() => {});
  }

  async #close(): Promise<void> {
    if (this.#lost) return;
    this.#closed = true;
    this.reason ??= new Error("the session is closed");
    // A peer that is gone never says goodbye.
    const timer = setTimeout(() => this.#client.connection.stream.destroy(), goodbyeMs);
    await this.#client.end();
    clearTimeout(timer);
  }

  #notified(channel: string, payload: string): void {
    for (const listener of this.#channels.get(channel) ?? []) queueMicrotask(() => listener(payload));
  }
}

function checked(text: string): string {
  if (text.includes("\0")) throw new TypeError("a statement cannot contain a NUL character");
  return text;
}
