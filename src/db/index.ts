/** The project's own PostgreSQL for other processes: an ORM, psql, a worker. */
export { psql, type PsqlResult } from "./psql.ts";
export { dbErrors } from "./errors.ts";
export { start, status, stop, url, type DbStatus, type StopResult } from "./server.ts";
