/** Every failure of the seed room. docs/errors.md is generated from this table. */

export const seedErrors = {
  SEED_FILL_PRODUCTION: {
    exit: 3,
    message: "{database} is production: generated data does not go there",
    hint: "fill a database of another environment",
    when: "`seed fill` was started on a production database. There is no flag that allows it.",
  },
  SEED_FILL_IMPOSSIBLE: {
    exit: 2,
    message: "{table} cannot be filled as it is: {object}: {problem}",
    when: "A type, a foreign key or a unique key of a table asks for values that nothing is known about. The hint says what to write into fill.ts.",
  },
  SEED_FILL_CHECK: {
    exit: 2,
    message: "{table}: generated rows do not pass {constraint}",
    hint: "say in fill.ts what its columns ({columns}) are to be, for example {column}: oneOf([…])",
    when: "Sample rows were evaluated by the server before anything was loaded, and a CHECK, a domain or a partition refused them.",
  },
  SEED_FILL_TRIGGERS: {
    exit: 3,
    message: "INSERT fires triggers of yours: {triggers}",
    hint: "decide: --triggers fire runs them for every row, --triggers off switches them off during the load",
    when: "A table to be filled has triggers that fire on INSERT. They may write elsewhere or call out, so somebody has to decide.",
  },
  SEED_FILL_SPEC_INVALID: {
    exit: 2,
    message: "{source}: {problem}",
    when: "`--rows` or fill.ts names a table or a column that is not there, or a value that it does not take.",
  },
  SEED_FILL_CYCLE: {
    exit: 2,
    message: "{table} and {parent} refer to each other, and neither key can be null or deferred",
    hint: "make {constraint} deferrable, or empty both tables: bare tables need no order",
    when: "Two tables with rows refer to each other by keys that are checked at once, so that neither's rows can come first.",
  },
  SEED_FILL_NOT_EMPTY: {
    exit: 6,
    database: "rolled back",
    message: "somebody wrote into {tables} meanwhile",
    hint: "run it again: a table with rows is filled another way",
    when: "A table was empty when the plan was made, and was not any more when it was locked.",
  },
  SEED_FILL_CATALOG_CHANGED: {
    exit: 6,
    database: "rolled back",
    message: "the schema would not have been what it was: {changed}",
    hint: "report it with the definition of what is named; --lane staging loads without dropping anything",
    when: "After a load into bare tables the constraints and indexes were made again, and the schema's fingerprint was another one. Everything was rolled back.",
  },
  SEED_FILL_CONFLICT: {
    exit: 6,
    database: "rolled back",
    message: "{table}: {conflicts} of {rows} generated rows have keys that are taken",
    hint: "fill with another --seed, or say in fill.ts what the columns of its unique keys are to be",
    when: "Rows that are in a table already have the same unique values as generated ones. Rows that refer to them would refer to the wrong ones.",
  },
  SEED_FILL_REFUSED: {
    exit: 6,
    database: "rolled back",
    message: "{table} could not be filled: {text}",
    hint: "say in fill.ts what its columns are to be, or leave it out: rows: 0",
    when: "PostgreSQL refused generated rows: a trigger, a policy, or a constraint that reads other tables.",
  },
  SEED_FILL_UNDO_UNKNOWN: {
    exit: 2,
    message: "what this filling made cannot be computed again: {problem}",
    hint: "delete its rows by hand, or recreate the database",
    when: "The generator has another version than the one that made the rows, or the keys of the tables have changed since.",
  },
} as const;
