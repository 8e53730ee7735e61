/**
 * From a schema that a bench has to another one, executed: the statements are found, run where the first schema stands,
 * and what they make is compared with the second.
 */
import type { Catalog } from "../../core/catalog.ts";
import { asStewardError, type StewardError, sqlstate } from "../../core/errors.ts";
import { type Difference, diffCatalogs } from "../../core/schema-diff.ts";
import { sqlMigration } from "../file.ts";
import type { Bench } from "../replay.ts";
import { sqlOf } from "./dump.ts";
import { readSchema } from "./read.ts";
import { type Question, renameQuestions } from "./rename-questions.ts";
import { decidedRename, followingRenames, type Rename } from "./renames.ts";
import type { Schema } from "./schema.ts";
import { type Change, statementsBetween, type StatementOptions } from "./statements.ts";

/** A schema, and the catalog that says the same in other words: what writes statements and what judges them are read apart. */
export interface Sight {
  readonly schema: Schema;
  readonly catalog: Catalog;
}

/** What a person decided. */
export interface Choices {
  /** `users.name=full_name`, `users=people`, `mood.sad=unhappy`. */
  readonly rename: readonly string[];
  /** What goes and was not renamed: `users.name`. */
  readonly drop: readonly string[];
}

export interface Transition {
  /** Renames first. */
  readonly changes: readonly Change[];
  readonly sql: string;
  readonly questions: readonly Question[];
  /** Decided renames that name nothing that goes, or nothing that comes. */
  readonly unknown: readonly string[];
  /** What is otherwise after the SQL; empty is the proof. */
  readonly remaining: readonly Difference[];
  /** Why the SQL did not run. */
  readonly failed: StewardError | undefined;
}

export async function lookAt({ session, ignoreSchemas, catalog }: Bench): Promise<Sight> {
  return { schema: await readSchema(session, { ignoreSchemas }), catalog: await catalog() };
}

/** On a bench that has the first schema. Call it last: where PostgreSQL asks for it, the SQL is run for good. */
export async function transition(bench: Bench, to: Sight, choices: Choices): Promise<Transition> {
  const found = await bench.undoing(() => find(bench, to.schema, choices, {}));
  const first = await attempt(bench, found.sql, to.catalog);
  if (first.failed === undefined) return { ...found, ...first };
  if (isUsedAtOnce(first)) return addedAtOnce(bench, found, to, choices);
  if (!found.changes.some(({ key }) => key.startsWith("function "))) return { ...found, ...first };
  const late = unchecked(found);
  const second = await attempt(bench, late.sql, to.catalog);
  if (isUsedAtOnce(second)) return addedAtOnce(bench, late, to, choices);
  return second.failed === undefined ? { ...late, ...second } : { ...found, ...first };
}

/** A body may name what comes later: in a circle, or where nobody sees the name. */
function unchecked(found: Found): Found {
  const head = "SET check_function_bodies = off;";
  return found.sql.startsWith(head) ? found : { ...found, sql: `${head}\n\n${found.sql}` };
}

type Found = Omit<Transition, "remaining" | "failed">;

async function find(bench: Bench, to: Schema, { rename, drop }: Choices, options: StatementOptions): Promise<Found> {
  const { renames, unknown, from } = await makeRenames(bench, to, rename);
  const changes = [...renames.map((change) => ({ ...change, note: undefined })), ...statementsBetween(from, to, options)];
  return { changes, sql: sqlOf(changes), questions: renameQuestions(from, to, drop), unknown };
}

/** Runs them, because everything that names what is renamed reads otherwise afterwards. */
async function makeRenames(
  bench: Bench,
  to: Schema,
  wanted: readonly string[],
): Promise<{ renames: Rename[]; unknown: string[]; from: Schema }> {
  const read = (): Promise<Schema> => readSchema(bench.session, { ignoreSchemas: bench.ignoreSchemas });
  const renames: Rename[] = [];
  let open = [...wanted];
  let from = await read();
  const run = async (found: readonly Rename[]): Promise<void> => {
    for (const { sql } of found) await bench.session.script(sql);
    renames.push(...found);
    if (found.length > 0) from = await read();
  };
  // Columns first: their names are those of before. A column of a renamed table may be named by either.
  for (let round = 0; round < 3 && open.length > 0; round++) {
    const found = open.flatMap((choice) => {
      const rename = decidedRename(choice, from, to);
      return rename ? [{ choice, rename }] : [];
    });
    open = open.filter((choice) => !found.some((each) => each.choice === choice));
    const order = (each: { readonly rename: Rename }): number => (each.rename.key.startsWith("column ") ? 0 : 1);
    await run(found.toSorted((a, b) => order(a) - order(b)).map(({ rename }) => rename));
  }
  await run(followingRenames(from, to));
  return { renames, unknown: open, from };
}

type Attempt = Pick<Transition, "remaining" | "failed">;

function attempt(bench: Bench, sql: string, wanted: Catalog): Promise<Attempt> {
  return bench.undoing(() => execute(bench, sql, wanted));
}

/** As a migration runs: with bodies of functions checked, which a bench leaves unchecked for old files. */
async function execute(bench: Bench, sql: string, wanted: Catalog): Promise<Attempt> {
  const file = sqlMigration({ name: "diff", version: "", path: "diff", text: sql, whole: true });
  try {
    await bench.session.script("set local check_function_bodies = on");
    await bench.apply(file);
    return { remaining: diffCatalogs(wanted, await bench.catalog()), failed: undefined };
  } catch (error) {
    return { remaining: [], failed: causeOf(asStewardError(error)) };
  }
}

/** The bench says that files do not run; its cause says which statement, and why. */
function causeOf(error: StewardError): StewardError {
  return error.code === "MIGRATE_SCRATCH_FAILED" && error.cause !== undefined ? asStewardError(error.cause) : error;
}

const isUsedAtOnce = ({ failed }: Attempt): boolean => sqlstate(failed) === "55P04";

/**
 * A value of an enum is used in the transaction that adds it. `migrate up` adds it in a transaction of its own. Here it is
 * safe from PostgreSQL 17 on outside savepoints, because the type itself is new; before, the type is swapped for a new
 * one. That way also shows, behind a savepoint, whether the rest runs.
 */
async function addedAtOnce(bench: Bench, found: Found, to: Sight, choices: Choices): Promise<Transition> {
  const swapped = await bench.undoing(() => find(bench, to.schema, choices, { swapEnums: true }));
  const trial = await attempt(bench, swapped.sql, to.catalog);
  const checked = trial.failed === undefined && !found.sql.startsWith("SET check");
  const [inPlace, anew] = checked ? [found, swapped] : [unchecked(found), unchecked(swapped)];
  if (bench.version >= 170_000) return { ...inPlace, ...(await execute(bench, inPlace.sql, to.catalog)) };
  return { ...anew, ...(checked ? trial : await attempt(bench, anew.sql, to.catalog)) };
}
