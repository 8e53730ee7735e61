/** The statements that were found, run from where the files stand; what they make is compared with what there should be. */
import { type Catalog, catalogOf, type CatalogObject } from "../../core/catalog.ts";
import { failure, sqlstate, type StewardError } from "../../core/errors.ts";
import { describeDifference, diffCatalogs } from "../../core/schema-diff.ts";
import { sqlOf } from "../diff/dump.ts";
import { readSchema } from "../diff/read.ts";
import type { Schema } from "../diff/schema.ts";
import { type Change, statementsBetween } from "../diff/statements.ts";
import { migrateErrors } from "../errors.ts";
import { failureOf } from "../prove/bench.ts";
import type { Bench } from "../replay.ts";
import { count } from "../words.ts";
import { migrationOf } from "./migration-of.ts";
import { keysThatDiffer } from "./target.ts";

/** A schema with the catalog that says the same in other words: what writes statements and what judges them read apart. */
export interface Sight {
  readonly schema: Schema;
  readonly catalog: Catalog;
}

export interface Goal {
  readonly from: Schema;
  readonly target: Schema;
  /** What the catalog should have; `after` is what it has. */
  expected(after: Catalog): readonly CatalogObject[];
}

export interface Proved {
  readonly changes: readonly Change[];
  readonly sql: string;
}

export async function lookAt(bench: Bench): Promise<Sight> {
  return { schema: await readSchema(bench.session, { ignoreSchemas: bench.ignoreSchemas }), catalog: await bench.catalog() };
}

/** Ways to say the same: a value of an enum cannot be used where it is added; a body may name what comes later. */
interface Way {
  readonly swapEnums: boolean;
  readonly lateBodies: boolean;
}

/** Errors: MIGRATE_GENERATE_NOT_PROVED. */
export async function provedChanges(bench: Bench, goal: Goal): Promise<Proved> {
  let way: Way | undefined = { swapEnums: false, lateBodies: false };
  let first: StewardError | undefined;
  while (way !== undefined) {
    const changes = statementsBetween(goal.from, goal.target, { swapEnums: way.swapEnums });
    const sql = [...(way.lateBodies ? ["SET LOCAL check_function_bodies = off;"] : []), sqlOf(changes)].join("\n\n");
    if (changes.length === 0) return { changes, sql: "" };
    const { failed, problems } = await bench.undoing(() => attempt(bench, sql, goal));
    if (problems.length > 0) throw notProved(`${count(problems.length, "difference")} left`, [...problems, sql]);
    if (!failed) return { changes, sql };
    first ??= failed;
    way = nextWay(way, failed, changes);
  }
  throw notProved(first?.message ?? "", [first?.detail ?? ""], first);
}

function nextWay({ swapEnums, lateBodies }: Way, failed: StewardError, changes: readonly Change[]): Way | undefined {
  if (!swapEnums && sqlstate(failed) === "55P04") return { swapEnums: true, lateBodies };
  const bodies = changes.some(({ key }) => key.startsWith("function "));
  return bodies && !lateBodies ? { swapEnums, lateBodies: true } : undefined;
}

interface Attempt {
  readonly failed: StewardError | undefined;
  readonly problems: readonly string[];
}

/** As a real run does it: with the bodies of functions checked, which a bench leaves alone for old files. */
async function attempt(bench: Bench, sql: string, { target, expected }: Goal): Promise<Attempt> {
  await bench.session.script("set local check_function_bodies = on");
  const failed = await failureOf(bench.apply(migrationOf(sql)));
  if (failed) return { failed, problems: [] };
  const after = await lookAt(bench);
  const differences = diffCatalogs(catalogOf(after.catalog.version, expected(after.catalog)), after.catalog).map(describeDifference);
  const problems = differences.length > 0 ? differences : keysThatDiffer(after.schema, target).map((key) => `${key} differs`);
  return { failed, problems };
}

function notProved(problem: string, detail: readonly string[], cause?: unknown): Error {
  const options = { ...(cause === undefined ? {} : { cause }), detail: detail.filter(Boolean).join("\n") };
  return failure(migrateErrors, "MIGRATE_GENERATE_NOT_PROVED", { problem }, options);
}
