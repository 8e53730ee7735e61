/** Every failure of the check room. docs/errors.md is generated from this table. */

export const checkErrors = {
  CHECK_BLIND: {
    exit: 3,
    database: "unchanged",
    message: "{role} cannot see every row: {problem}",
    when: "Row level security hides rows from the role, or it may not read a table. What it does not see it would call missing: rows with a parent would be orphans. Nothing is judged.",
  },
  CHECK_REPLICA_LAG: {
    exit: 3,
    database: "unchanged",
    message: "this server is a replica {lag} behind its primary: what it shows is the past",
    hint: "connect to the primary, or wait until the replica has caught up",
    when: "The connection leads to a standby that lags by more than 30 seconds, or cannot say how far it lags.",
  },
  CHECK_LOCKED: {
    exit: 5,
    database: "unchanged",
    message: "a table is locked by somebody else, most often a migration: {problem}",
    hint: "run it again when the migration has ended, or wait longer: --lock-timeout 1m",
    when: "The catalog could not be read within `lockTimeout`, because another session holds a table exclusively.",
  },
  CHECK_INVALID: {
    exit: 2,
    database: "unchanged",
    message: "{file}:{line}: {problem}",
    hint: "correct the check; nothing was run",
    when: "A check of the project has a syntax error, names what does not exist, or lacks a part. All of them are tried out before the first one runs.",
  },
  CHECK_UNREADABLE: {
    exit: 2,
    database: "unchanged",
    message: "{file} cannot be loaded: {problem}",
    hint: "it must be TypeScript of the kind that Node strips, with `export default defineCheck({ … })`",
    when: "A file in the folder of checks has a syntax error, throws, or has no default export.",
  },
  CHECK_UNKNOWN_CATEGORY: {
    exit: 2,
    database: "unchanged",
    message: "there is no category {category}",
    hint: "the categories are: {known}",
    when: "`--only` names something that is no category.",
  },
  CHECK_TENANT: {
    exit: 2,
    database: "unchanged",
    message: "rows of the tenant {tenant} cannot be told: {problem}",
    hint: "name the columns that say whose a row is: set check.tenantColumns",
    when: "`--tenant` was given, but no table has a column of tenants, or the value is none of the column's type.",
  },
  CHECK_BASELINE_INVALID: {
    exit: 2,
    database: "unchanged",
    message: "{file}: {problem}",
    hint: "it is a list of { rule, object, reason, until } with until as 2027-01-31; write it with `pgsteward check baseline`",
    when: "The file of acknowledged findings is not what `check baseline` writes.",
  },
  CHECK_UNWRITABLE: {
    exit: 6,
    database: "unchanged",
    message: "{file} cannot be written: {problem}",
    hint: "name a file in a directory that exists and that you may write to",
    when: "The report or the baseline cannot be written where it was asked for.",
  },
} as const;
