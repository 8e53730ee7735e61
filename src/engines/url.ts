/** What a PostgreSQL URL points at, without pg and without connecting. */
import { failure } from "../core/errors.ts";
import { configErrors } from "../core/config.ts";

export interface UrlPlace {
  /** A name, an address, or the directory of a Unix socket. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
}

/** libpq's meaning: `host`, `port` and `dbname` in the query win, the database defaults to the user. Errors: CONFIG_INVALID. */
export function placeOfUrl(text: string): UrlPlace {
  let url: URL;
  try {
    // A URL with a user needs a host; PostgreSQL's do not (`postgres://me@/app?host=/run/postgresql`).
    url = new URL(text.replace(/^(\w+:\/\/(?:[^/@?]*@)?)(?=[/?]|$)/, "$1localhost"));
  } catch {
    throw failure(configErrors, "CONFIG_INVALID", { source: "url", problem: "it is not a PostgreSQL URL" });
  }
  const host = url.searchParams.get("host") ?? decodeURIComponent(url.hostname).replace(/^\[|\]$/g, "");
  const port = Number((url.searchParams.get("port") ?? url.port) || 5432);
  const database = url.searchParams.get("dbname") ?? decodeURIComponent(url.pathname.slice(1));
  return { host, port, database: database || decodeURIComponent(url.username) || "postgres" };
}
