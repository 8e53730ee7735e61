/** Every failure of the seed room. docs/errors.md is generated from this table. */

export const seedErrors = {
  SEED_NO_FOLDER: {
    exit: 2,
    message: "there is no folder of seeders (looked for {looked})",
    hint: "create a first seeder with `pgsteward seed new <name>`, or set seed.dir",
    when: "Neither `seed.dir` nor one of the usual folders exists.",
  },
  SEED_NAME_INVALID: {
    exit: 2,
    message: "{name} cannot be part of a file's name",
    hint: "use letters, digits, underscores and dashes: pgsteward seed new pricing_plans",
    when: "The name for a new seeder has characters that a file name of the folder does not take.",
  },
  SEED_DUPLICATE: {
    exit: 2,
    message: "two seeders are called {name}: {files}",
    hint: "rename one of them",
    when: "Two files of the folder have the same name with different endings, so that no record could tell them apart.",
  },
  SEED_FILE_INVALID: {
    exit: 2,
    message: "{path} is no seeder: {problem}",
    when: "A file of the folder cannot be loaded, exports no seeder, or declares something that a seeder does not take.",
  },
  SEED_WORD_UNKNOWN: {
    exit: 2,
    message: "{word} is no profile, no category and no seeder",
    when: "A word after `seed run`, `seed list` or `seed undo` names nothing that there is.",
  },
  SEED_DEPENDENCY_UNKNOWN: {
    exit: 2,
    message: "{name} runs after {after}, which there is not",
    when: "`after` names a seeder that is not in the folder.",
  },
  SEED_DEPENDENCY_CYCLE: {
    exit: 2,
    message: "these seeders wait for each other: {cycle}",
    hint: "take one of the names out of `after`",
    when: "The `after` of some seeders form a circle.",
  },
  SEED_DEPENDENCY_ELSEWHERE: {
    exit: 2,
    message: "{name} runs after {after}, which does not run in {profile}",
    hint: "let both declare the same environments",
    when: "A seeder that is chosen needs one that may not run in this profile.",
  },
  SEED_PROFILE_REFUSED: {
    exit: 3,
    message: "the profile {profile} does not run in production",
    hint: "run the profile of this database: pgsteward seed run production",
    when: "Another profile than `production` was asked for on a production database.",
  },
  SEED_NOT_PRODUCTION_SAFE: {
    exit: 3,
    message: "{names} may not run in production: productionSafe is not declared",
    hint: "declare productionSafe where a seeder bears running in production, or take production out of its environments",
    when: "A seeder lists production among its environments without being production-safe.",
  },
  SEED_DRIFTED: {
    exit: 6,
    message: "{names} no longer fits the schema",
    hint: "edit the seeder so that it fits; `pgsteward seed status` shows the drift",
    when: "A migration changed a table that a seeder fills: a column that it fills or the table is gone, or a new column must be filled. Told before anything runs.",
  },
  SEED_FAILED: {
    exit: 6,
    message: "{name} failed at {where}: {text}",
    hint: "fix the seeder and run again: what was done before it is kept and not done twice",
    database: "rolled back",
    when: "A seeder threw, or PostgreSQL refused what it did. Everything that this seeder did is rolled back; those before it are kept.",
  },
  SEED_TABLE_UNKNOWN: {
    exit: 6,
    message: "there is no table {table}",
    database: "rolled back",
    when: "A seeder names a table that the database does not have.",
  },
  SEED_COLUMN_UNKNOWN: {
    exit: 6,
    message: "the table {table} has no column {column}",
    database: "rolled back",
    when: "A row or a key names a column that the table does not have.",
  },
  SEED_KEY_NOT_UNIQUE: {
    exit: 6,
    message: "nothing makes ({key}) unique in {table}",
    database: "rolled back",
    when: "The key of an upsert has no unique index behind it, so that a row could be there twice.",
  },
  SEED_KEY_AMBIGUOUS: {
    exit: 6,
    message: "more than one row of {table} has {key}",
    hint: "use a key that is unique for every row of the table",
    database: "rolled back",
    when: "The key is unique only for a part of the table (a partial index), and several rows match.",
  },
  SEED_KEY_ALTERED: {
    exit: 6,
    message: "the row of {table} with {key} cannot be found again after it was written",
    hint: "write the key as the table's triggers leave it, such as in lower case",
    database: "rolled back",
    when: "A trigger or a rule of the table changes the key of a row or swallows the row, so that a second run could not recognise it.",
  },
  SEED_ROW_INVALID: {
    exit: 6,
    message: "row {row} for {table}: {problem}",
    database: "rolled back",
    when: "A row of an upsert lacks a part of its key, repeats another one's key, or gives a value that the column does not take.",
  },
  SEED_ROWS_HIDDEN: {
    exit: 6,
    message: "row level security may hide rows of {table} from this role",
    hint: "seed with a role that has BYPASSRLS, or with the owner of the table where row level security is not forced",
    database: "rolled back",
    when: "The role that seeds is bound by policies of the table. A row that it does not see would be written twice.",
  },
} as const;
