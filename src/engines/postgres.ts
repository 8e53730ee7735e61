/** The engine behind a URL: any PostgreSQL 14 to 18. */
import { connect, type Socket } from "node:net";
import type { Abilities, Engine, SessionOptions } from "../core/engine.ts";
import { failure } from "../core/errors.ts";
import { findDumpTool } from "./dump-tool.ts";
import { engineErrors } from "./errors.ts";
import { openSession, type PgSession } from "./session.ts";

export interface PostgresOptions {
  /** A PostgreSQL URL. */
  readonly url: string;
  /** Room of the first session, so that it need not be renamed. */
  readonly room?: string | undefined;
  /** Until a session is ready, in ms. Default 10,000. */
  readonly connectTimeoutMs?: number | undefined;
  /** Directory of the binaries where pg_dump may lie. Default: looked for on the system. */
  readonly binDir?: string | undefined;
  /** What messages call the server. Default `host:port`. */
  readonly location?: string | undefined;
}

const engineFacts =
  "current_setting('max_connections')::int as \"maxConnections\", current_setting('wal_level') as \"walLevel\", " +
  '(select rolcreatedb or rolsuper from pg_catalog.pg_roles where rolname = current_user) as "createsDatabases"';

/** Connects once, to learn what the server can do; that connection becomes the first session. Errors: those of `openSession`. */
export async function openPostgres(options: PostgresOptions): Promise<PostgresEngine> {
  const first = await openSession({ ...options, facts: engineFacts, cancel: requestCancel });
  return new PostgresEngine(options, first);
}

export class PostgresEngine implements Engine {
  readonly kind = "postgres";
  readonly abilities: Abilities;
  readonly version: number;
  /** The first session's connection goes through a pooler (of whatever mode). */
  readonly behindPooler: boolean;
  readonly #options: PostgresOptions;
  readonly #sessions = new Set<PgSession>();
  #spare: PgSession | undefined;

  constructor(options: PostgresOptions, first: PgSession) {
    this.#options = options;
    this.#spare = first;
    this.version = first.facts.version;
    this.behindPooler = first.behindPooler;
    this.abilities = abilitiesOf(first, options.binDir);
  }

  async extensions(): Promise<ReadonlySet<string>> {
    const session = await this.session();
    try {
      const { rows } = await session.query<{ name: string }>("select name from pg_catalog.pg_available_extensions");
      return new Set(rows.map(({ name }) => name));
    } finally {
      await session.close();
    }
  }

  async session(options: SessionOptions = {}): Promise<PgSession> {
    const connectTimeoutMs = options.waitMs ?? this.#options.connectTimeoutMs;
    const session =
      this.#takeSpare(options) ?? (await openSession({ ...this.#options, ...options, connectTimeoutMs, cancel: requestCancel }));
    this.#sessions.add(session);
    return session;
  }

  url(): string {
    return this.#options.url;
  }

  async close(): Promise<void> {
    const open = [...this.#sessions, ...(this.#spare ? [this.#spare] : [])];
    this.#sessions.clear();
    this.#spare = undefined;
    await Promise.all(open.map((session) => session.close()));
  }

  #takeSpare({ room, database }: SessionOptions): PgSession | undefined {
    const spare = this.#spare;
    if (!spare || spare.reason !== undefined || (database !== undefined && database !== spare.place.database)) return undefined;
    this.#spare = undefined;
    if (room !== undefined && room !== this.#options.room) {
      // Not awaited: it goes before the first statement of whoever asked, and can only fail with the connection.
      spare.query("select set_config('application_name', $1, false)", [`pgsteward/${room}`]).catch(() => {});
    }
    return spare;
  }
}

function abilitiesOf({ facts }: PgSession, binDir: string | undefined): Abilities {
  let dumpTool: boolean | undefined;
  return {
    sessions: facts["maxConnections"] as number,
    cancel: true,
    timeouts: true,
    loginRoles: true,
    logicalDecoding: facts["walLevel"] === "logical",
    copy: true,
    shared: true,
    databases: facts["createsDatabases"] === true,
    get dumpTool(): boolean {
      dumpTool ??= findDumpTool(facts.version, binDir) !== undefined;
      return dumpTool;
    },
  };
}

/** A CancelRequest on a connection of its own; it needs no free slot, and a pooler passes it on. Resolves once the server has dealt with it. */
async function requestCancel(session: PgSession): Promise<void> {
  const key = session.cancelKey;
  if (!key) throw failure(engineErrors, "ENGINE_ABILITY_MISSING", { engine: session.place.location, ability: "cancel a statement" });
  const request = Buffer.alloc(16);
  request.writeInt32BE(16, 0);
  request.writeInt32BE(80_877_102, 4);
  request.writeInt32BE(key.pid, 8);
  request.writeInt32BE(key.secret, 12);
  const { host, port } = session.address;
  const socket = host.startsWith("/") ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host);
  await sendAndWait(socket, request);
}

function sendAndWait(socket: Socket, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.setTimeout(5_000, () => socket.destroy());
    socket.once("error", reject);
    socket.once("close", () => resolve());
    socket.once("connect", () => socket.end(bytes));
    socket.resume();
  });
}
