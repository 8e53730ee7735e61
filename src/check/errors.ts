/** Every failure of the check room. docs/errors.md is generated from this table. */

export const checkErrors = {
  CHECK_FIX_UNKNOWN_RULE: {
    exit: 2,
    message: "there is no rule {rule} that has a fix",
    when: "`--only` names a rule that is not there, or one that no fix belongs to.",
  },
  CHECK_FIX_NO_TABLE: {
    exit: 2,
    message: "{rule}: {table} is no table whose rows can be fixed",
    hint: "name a table in the rule; rows of views and foreign tables are fixed where they are stored",
    when: "A rule with a fix is about a view, a foreign table or something that does not exist.",
  },
  CHECK_FIX_RULE_FAILED: {
    exit: 2,
    message: "{rule} cannot be asked: {text}",
    hint: "mend the rule's SQL; nothing was changed",
    when: "The server refused the condition of a rule while the fix was planned.",
  },
  CHECK_FIX_BLIND: {
    exit: 3,
    message: "this role does not see all rows: {text}",
    hint: "run it as the tables' owner, or as a role with BYPASSRLS: to a role that row security hides the parents from, every child is an orphan",
    when: "A table that the fix reads is under row level security for this role, or the role may not read it.",
  },
  CHECK_FIX_TOO_MANY: {
    exit: 3,
    message: "the fix would touch more of a table than it may: {tables}",
    hint: "look at the rows first; if they have to go, add --max-share {share} or --max-rows {rows}",
    when: "A rule would remove or change a larger share of a table than the rule declares (`maxShare`, default 1 %; one row is always allowed). Nothing is changed.",
  },
  CHECK_FIX_COUNT_CHANGED: {
    exit: 6,
    message: "the rows are not those of the plan any more: {differences}",
    hint: "read the new plan with --dry-run and run again",
    database: "rolled back",
    when: "Another number of rows than planned broke a rule, referred to such rows, or could be written: somebody wrote in between, or a trigger kept rows from being changed.",
  },
  CHECK_FIX_SIDE_EFFECTS: {
    exit: 6,
    message: "rows that the plan does not name were changed as well: {tables}",
    hint: "triggers or ON UPDATE actions did it: --without-triggers switches the triggers off for the transaction",
    database: "rolled back",
    when: "While a fix or its undo wrote, the server's counters showed other writes than planned. They were rolled back too.",
  },
  CHECK_FIX_STILL_WRONG: {
    exit: 6,
    message: "{rule}: {rows} rows of {table} break it with their new values too",
    hint: "mend the rule's `set`: the row must satisfy the rule afterwards",
    database: "rolled back",
    when: "After a fix by `set` the changed rows were looked at again, and the rule still named some of them.",
  },
  CHECK_FIX_FAILED: {
    exit: 6,
    message: "the server refused the fix: {text}",
    hint: "fix other rules alone with --only, and these rows by hand",
    database: "rolled back",
    when: "A constraint or a trigger stood against the fix.",
  },
  CHECK_UNDO_WHICH: {
    exit: 2,
    message: "say which fix to undo: {runs}",
    hint: "pgsteward check undo {newest} undoes the newest",
    when: "`check undo` was run without the number of a run, and there are fixes that can be undone.",
  },
  CHECK_UNDO_UNKNOWN: {
    exit: 2,
    message: "run {run} took no rows into quarantine",
    hint: "`pgsteward check undo` lists the runs that can be undone",
    when: "The number given to `check undo` is not that of a fix of this database.",
  },
  CHECK_UNDO_CONFLICT: {
    exit: 3,
    message: "run {run} cannot be undone: {conflicts} rows are in the way",
    hint: "see to these rows and run it again; nothing was changed",
    when: "A row that the fix changed was changed again or deleted since, or the key of a removed row is taken. The rows are listed; an undo is all or nothing.",
  },
  CHECK_UNDO_TABLE_GONE: {
    exit: 3,
    message: "run {run} cannot be undone: there is no table {table} any more",
    hint: "the rows stay in pgsteward.quarantine: create the table and run it again",
    when: "A table that a fix took rows from was dropped or renamed since.",
  },
  CHECK_UNDO_NOT_EXACT: {
    exit: 6,
    message: "{rows} rows of {table} did not come back as they were: triggers changed them",
    hint: "--without-triggers switches the triggers off for the transaction",
    database: "rolled back",
    when: "The rows that an undo wrote were compared with the quarantine, and were not the same.",
  },
  CHECK_UNDO_FAILED: {
    exit: 6,
    message: "the server refused the undo of run {run}: {text}",
    hint: "see to what is in the way and run it again",
    database: "rolled back",
    when: "The rows in quarantine do not fit the tables as they are now: a parent is missing, a column has another type or a new constraint.",
  },
} as const;
