/** Failures of the `db` operations. docs/errors.md is generated from this table. */

export const dbErrors = {
  DB_NOT_EMBEDDED: {
    exit: 2,
    message: "the target is the server at {location}, which pgsteward did not start",
    hint: "unset DATABASE_URL (or url in the configuration) to use the embedded engine",
    when: "`db start` or `db stop` was run while the target is a URL.",
  },
  DB_NO_SERVER: {
    exit: 2,
    message: "PGlite runs inside one process and serves no other",
    hint: 'for psql, an ORM or a worker use the native engine (engine: "native"), or a PostgreSQL by URL',
    when: "A server for other processes was asked for, and the embedded engine is PGlite.",
  },
  DB_NO_PSQL: {
    exit: 2,
    message: "psql was not found on this machine",
    hint: "install PostgreSQL's client programs (Debian: apt install postgresql-client; macOS: brew install libpq)",
    when: "`db psql` was run where no psql is on the PATH or beside the server's binaries.",
  },
} as const;
