/** Opens a pg client, and says in our words why it cannot be opened. */
import type { Duplex } from "node:stream";
import type { Client, ClientConfig } from "pg";
import { failure, redact, type StewardError } from "../core/errors.ts";
import { isLocal } from "../core/guard.ts";
import { engineErrors } from "./errors.ts";
import type { ServerError } from "./server-error.ts";
import type { Wire } from "./wire.ts";

export interface ConnectOptions {
  /** A PostgreSQL URL, in libpq's meaning of sslmode. */
  readonly url: string;
  /** `application_name` becomes `pgsteward/<room>`; without one, `pgsteward`. */
  readonly room?: string | undefined;
  /** Another database than the URL's. */
  readonly database?: string | undefined;
  /** Until the session is ready for its first statement, in ms. Default 10,000. */
  readonly connectTimeoutMs?: number | undefined;
  /** Something that carries the wire protocol instead of a socket. */
  readonly stream?: (() => Duplex) | undefined;
  /** What messages call the server. Default `host:port`. */
  readonly location?: string | undefined;
}

/** pg's Client with the inner parts that @types/pg leaves out. */
export interface WireClient extends Omit<Client, "connection"> {
  readonly connection: Wire;
  readonly processID: number | null;
  readonly secretKey: number | null;
  readonly connectionParameters: { database: string; application_name?: string };
  getTransactionStatus(): "I" | "T" | "E" | null;
}

/** Where a client connects to, for messages. */
export interface Place {
  readonly location: string;
  readonly user: string;
  readonly database: string;
}

/** pg's client without its pool; a variable, because @types/pg does not know the path. */
const clientModule: string = "pg/lib/client.js";
type ClientClass = new (config: ClientConfig) => WireClient;

/** A client that has not connected yet. pg is loaded here (17 ms of CPU without its pool, 20 with). */
export async function makeClient(options: ConnectOptions): Promise<WireClient> {
  const { default: Client } = (await import(clientModule)) as { default: ClientClass };
  const { url } = options;
  const config: ClientConfig = {
    // pg reads sslmode=require as verify-full unless told to mean what libpq means; managed servers have private CAs.
    connectionString: `${url}${url.includes("?") ? "&" : "?"}${url.includes("uselibpqcompat=") ? "" : "uselibpqcompat=true"}`,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    ...(options.stream && { stream: options.stream }),
  };
  let client = new Client(config);
  // libpq's default is to prefer TLS; pg's is to send everything, the password too, in the clear.
  if (!client.ssl && !options.stream && !isLocal(client.host) && !/[?&]ssl(mode)?=/.test(url)) {
    client = new Client({ ...config, ssl: { rejectUnauthorized: false } });
  }
  if (options.database !== undefined) {
    client.database = client.connectionParameters.database = options.database;
  }
  // Set here because an application_name in the URL would win over the configuration's.
  client.connectionParameters.application_name = options.room === undefined ? "pgsteward" : `pgsteward/${options.room}`;
  return client;
}

export function placeOf(client: WireClient, location?: string): Place {
  const { host, port, user, database } = client;
  return { location: location ?? (host.startsWith("/") ? host : `${host}:${port}`), user: user ?? "", database: database ?? "" };
}

/** True for a URL that takes TLS or none, as libpq's `prefer`: its client is to be made again with `withoutTls`. */
export function mayGoWithoutTls(url: string, error: unknown): boolean {
  const mode = /[?&]sslmode=([\w-]+)/.exec(url)?.[1];
  return (mode === undefined || mode === "prefer") && error instanceof Error && error.message === noTls;
}

export function withoutTls(url: string): string {
  const plain = url.replace(/([?&])sslmode=[\w-]+/, "$1sslmode=disable");
  return plain === url ? `${url}${url.includes("?") ? "&" : "?"}sslmode=disable` : plain;
}

/** What pg says when the server answers a wish for TLS with no. */
const noTls = "The server does not support SSL connections";

const problems: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there (connection refused)",
  ENOTFOUND: "the host name does not resolve",
  EAI_AGAIN: "the host name does not resolve",
  ENOENT: "there is no such socket",
  ECONNRESET: "the connection was reset",
  ETIMEDOUT: "no answer",
  EHOSTUNREACH: "no route to the host",
  ENETUNREACH: "no route to the network",
};

const byState: Readonly<Record<string, keyof typeof engineErrors>> = {
  "28P01": "ENGINE_AUTH_FAILED",
  "28000": "ENGINE_AUTH_FAILED",
  "3D000": "ENGINE_DATABASE_MISSING",
  "53300": "ENGINE_TOO_MANY_CONNECTIONS",
  "57P03": "ENGINE_STARTING_UP",
};

/** Why a connection could not be opened. */
export function connectError(error: unknown, place: Place): StewardError {
  const { code, message, detail, hint } = rootOf(error);
  const problem = problems[code ?? ""] ?? redact(message);
  const data = { ...place, problem, ...(code !== undefined && /^[0-9A-Z]{5}$/.test(code) && { sqlstate: code }) };
  const way = message === noTls ? "add sslmode=disable to the URL, or turn TLS on in the server" : hint;
  return failure(engineErrors, nameOf(code, message), data, { cause: error, detail, hint: way });
}

function nameOf(code: string | undefined, message: string): keyof typeof engineErrors {
  if (code !== undefined && byState[code] !== undefined) return byState[code];
  // A SCRAM exchange fails in the client, without a code, when the URL has no password or the server proves nothing.
  if (message.startsWith("SASL")) return "ENGINE_AUTH_FAILED";
  if (message === noTls || /CERT|TLS|SSL|SIGNATURE/.test(code ?? "")) return "ENGINE_TLS_FAILED";
  return "ENGINE_UNREACHABLE";
}

/** localhost is tried as ::1 and 127.0.0.1; the failure of both is an AggregateError without a message. */
function rootOf(error: unknown): ServerError {
  return error instanceof AggregateError ? (error.errors[0] as ServerError) : (error as ServerError);
}
