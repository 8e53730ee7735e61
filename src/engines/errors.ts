/** Every failure of an engine: reaching it, starting it, losing it. */

export const engineErrors = {
  ENGINE_UNREACHABLE: {
    exit: 4,
    message: "cannot reach PostgreSQL at {location}: {problem}",
    hint: "check that the server runs and that host and port of DATABASE_URL are right",
    when: "The host does not resolve, refuses the connection, or does not answer in time.",
  },
  ENGINE_TLS_FAILED: {
    exit: 4,
    message: "no trusted TLS connection to {location}: {problem}",
    hint: "add sslrootcert=<file> to the URL, or sslmode=require to encrypt without checking the certificate",
    when: "The URL asks for a verified certificate and the server's does not verify.",
  },
  ENGINE_AUTH_FAILED: {
    exit: 4,
    message: "PostgreSQL at {location} does not let {user} in: {problem}",
    hint: "check user and password of the URL, and the server's pg_hba.conf",
    when: "User or password are wrong, or pg_hba.conf has no entry for this user, database and host.",
  },
  ENGINE_DATABASE_MISSING: {
    exit: 4,
    message: "there is no database {database} at {location}",
    hint: "create it with `createdb {database}`, or correct the URL",
    when: "The server was reached, but it has no database of that name.",
  },
  ENGINE_TOO_MANY_CONNECTIONS: {
    exit: 4,
    message: "PostgreSQL at {location} has no connection left: {problem}",
    hint: "close other clients or raise max_connections",
    when: "The server, the role or the database is at its limit of connections.",
  },
  ENGINE_STARTING_UP: {
    exit: 4,
    message: "PostgreSQL at {location} takes no connections yet: {problem}",
    hint: "try again in a moment",
    when: "The server is starting, recovering or shutting down.",
  },
  ENGINE_CONNECTION_LOST: {
    exit: 6,
    message: "the connection to {location} was lost: {problem}",
    hint: "check the server's log, then run the same command again",
    when: "The connection ended while it was in use: server stopped, backend terminated, network cut. What had not been committed is rolled back.",
  },
  ENGINE_TRANSACTION_ABORTED: {
    exit: 6,
    message: "the transaction was rolled back instead of committed: a statement in it had failed",
    hint: "let the failure of the statement reach transaction(), or wrap that statement in a transaction of its own inside",
    database: "rolled back",
    when: "Code inside a transaction caught the failure of a statement and went on; PostgreSQL answers COMMIT with ROLLBACK then.",
  },
  ENGINE_TRANSACTION_POOLER: {
    exit: 2,
    message: "{location} is a connection pooler in transaction mode, and this needs a session",
    hint: "set DIRECT_URL to a direct or session-mode connection",
    when: "Advisory locks and LISTEN belong to a session; a transaction-mode pooler hands every transaction to another one.",
  },
  ENGINE_ABILITY_MISSING: {
    exit: 2,
    message: "the engine {engine} cannot {ability}",
    when: "An engine was asked for something that it declares it cannot do.",
  },
  ENGINE_NOT_INSTALLED: {
    exit: 2,
    message: "{what} is not installed",
    hint: "{install}",
    when: "The embedded engine that was chosen has no binaries or packages here.",
  },
  ENGINE_VERSION_MISMATCH: {
    exit: 2,
    message: "{package} is {found}, but pgsteward works with exactly {wanted}",
    hint: "{install}",
    when: "PGlite and its satellite packages only work together in one combination of versions.",
  },
  ENGINE_NO_ACCOUNT: {
    exit: 2,
    message: "PostgreSQL does not run as root, and there is no account {tried} to run it under",
    hint: "create one with `useradd --system postgres`, or name one in PGSTEWARD_POSTGRES_USER",
    when: "pgsteward runs as root and found no unprivileged account for the embedded server.",
  },
  ENGINE_START_FAILED: {
    exit: 6,
    message: "the embedded server did not start: {problem}",
    hint: "see {log}",
    when: "The embedded PostgreSQL ended while starting; the last lines of its log are in the detail.",
  },
  ENGINE_DISK_FULL: {
    exit: 6,
    message: "no space left on the device of {location}",
    hint: "free some space and run the same command again",
    when: "The embedded engine could not write its data.",
  },
  ENGINE_DATA_VERSION: {
    exit: 2,
    message: "the data in {location} was made by PostgreSQL {found}, and the binaries here are PostgreSQL {wanted}",
    hint: "install the binaries of PostgreSQL {found}, or move the directory away to start anew",
    when: "A data directory only opens with the major version that made it.",
  },
  ENGINE_BUSY: {
    exit: 5,
    message: "{location} is in use by {holder}",
    hint: "wait for it or stop it; only one process at a time can open this engine",
    when: "A single-session engine is open already, in this process or in another one.",
  },
  ENGINE_EXTENSION_UNAVAILABLE: {
    exit: 2,
    message: "the engine {engine} has no extension {extension}",
    hint: "{offer}",
    when: "A migration asks for an extension that the engine in use does not offer.",
  },
} as const;
