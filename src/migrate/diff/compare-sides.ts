/** The experiment of `migrate diff`: both sides on a bench, one after the other. */
import type { Context } from "../../core/operation.ts";
import { type Difference, diffCatalogs } from "../../core/schema-diff.ts";
import { type Bench, onScratch } from "../replay.ts";
import { type Question, renameQuestions } from "./rename-questions.ts";
import type { Side } from "./sides.ts";
import { type Choices, type Sight, transition, type Transition } from "./transition.ts";

export interface Comparison {
  /** Extensions that no engine here offers: with one of these nothing was compared. */
  readonly missing: readonly string[];
  readonly where: string;
  /** `missing` is what only the first side has, `unexpected` what only the second has. */
  readonly differences: readonly Difference[];
  readonly questions: readonly Question[];
  /** Where the SQL was asked for. */
  readonly transition: Transition | undefined;
  /** What of the first side could not be made on the bench: nothing is proved then. */
  readonly unbuilt: readonly Difference[];
}

/** A bench for each side, so that each stands where migrations stand: in a transaction, not behind a savepoint. */
export async function compareSides(ctx: Context, from: Side, to: Side, options: Choices & { readonly sql: boolean }): Promise<Comparison> {
  const extensions = [...new Set([...from.extensions, ...to.extensions])];
  const target = await onScratch(ctx, extensions, async (bench) => (bench.missing.length > 0 ? bench : to.see(bench)));
  if ("missing" in target)
    return { missing: target.missing, where: target.where, differences: [], questions: [], transition: undefined, unbuilt: [] };
  return onScratch(ctx, extensions, (bench) => (options.sql ? prove(bench, from, target, options) : compare(bench, from, target, options)));
}

async function compare(bench: Bench, from: Side, target: Sight, { drop }: Choices): Promise<Comparison> {
  const { catalog, schema } = await from.see(bench);
  const questions = renameQuestions(schema, target.schema, drop);
  return {
    missing: [],
    where: bench.where,
    differences: diffCatalogs(catalog, target.catalog),
    questions,
    transition: undefined,
    unbuilt: [],
  };
}

async function prove(bench: Bench, from: Side, target: Sight, choices: Choices): Promise<Comparison> {
  const unbuilt = await from.build(bench);
  const differences = diffCatalogs(await bench.catalog(), target.catalog);
  const found = await transition(bench, target, choices);
  return { missing: [], where: bench.where, differences, questions: found.questions, transition: found, unbuilt };
}
