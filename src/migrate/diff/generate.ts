/** A migration from a declared schema: the SQL between what the files make and what the schema says, proved. */
import { coreErrors, failure } from "../../core/errors.ts";
import type { Finding } from "../../core/finding.ts";
import type { Context } from "../../core/operation.ts";
import { describeDifference } from "../../core/schema-diff.ts";
import { migrateErrors } from "../errors.ts";
import { compareSides } from "./compare-sides.ts";
import { isProved, noteFinding } from "./diff.ts";
import { flagsOf, type Question } from "./rename-questions.ts";
import { sideOf } from "./sides.ts";
import type { Choices, Transition } from "./transition.ts";

export interface Generated {
  readonly name: string;
  /** Empty where the files make already what the schema says. */
  readonly sql: string;
  readonly changes: number;
  /** What it destroys or converts, and what could not be written. */
  readonly findings: readonly Finding[];
  /** Where it was proved. */
  readonly where: string;
}

/**
 * Errors: MIGRATE_RENAME_UNDECIDED (exit 3, names the exact flags), INPUT_INVALID, MIGRATE_GENERATE_NOT_PROVED,
 * MIGRATE_DECLARED_SQL_FAILED, MIGRATE_GENERATE_NO_SCHEMA, MIGRATE_EXTENSION_UNAVAILABLE.
 */
export async function generateFromSchema(
  ctx: Context,
  schemaPath: string,
  name: string,
  choices: Partial<Choices> = {},
): Promise<Generated> {
  const { rename = [], drop = [] } = choices;
  const [files, schema] = [await sideOf(ctx, "files", schemaPath), await sideOf(ctx, "schema", schemaPath)];
  const { missing, where, transition } = await compareSides(ctx, files, schema, { sql: true, rename, drop });
  if (!transition) throw failure(migrateErrors, "MIGRATE_EXTENSION_UNAVAILABLE", { names: missing.join(", "), where });
  const [text] = transition.unknown;
  if (text !== undefined)
    throw failure(coreErrors, "INPUT_INVALID", {
      operation: "migrate generate",
      problem: `--rename ${text} names nothing that goes, or nothing that comes`,
    });
  if (transition.questions.length > 0) throw undecided(transition.questions);
  if (!isProved(transition)) throw notProved(transition);
  const { changes, sql } = transition;
  return { name, sql, changes: changes.filter((change) => change.sql !== "").length, findings: changes.flatMap(noteFinding), where };
}

function undecided(questions: readonly Question[]): Error {
  const [first] = questions;
  const flags = questions.flatMap(flagsOf);
  const what = questions.map(
    ({ kind, from, candidates }) => `${kind} ${from} goes, ${candidates.join(", ")} ${candidates.length === 1 ? "comes" : "come"}`,
  );
  const hint = `say which: ${first ? flagsOf(first).join(", or ") : ""}`;
  return failure(
    migrateErrors,
    "MIGRATE_RENAME_UNDECIDED",
    { what: what[0], flags },
    { hint, detail: [...what, `flags: ${flags.join("  ")}`].join("\n") },
  );
}

function notProved({ failed, remaining, sql }: Transition): Error {
  const problems = remaining.map(describeDifference);
  const problem = failed?.message ?? `${problems.length} differences are left`;
  const detail = [...(failed?.detail === undefined ? [] : [failed.detail]), ...problems].join("\n");
  return failure(migrateErrors, "MIGRATE_GENERATE_NOT_PROVED", { problem, problems, sql }, { cause: failed, detail: detail || undefined });
}
