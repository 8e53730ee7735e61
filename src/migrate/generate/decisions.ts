/**
 * What only a person can decide: that a column that is gone and one that is new are the same. What was decided is done
 * on the bench; what is open is an error with the flags that decide it.
 */
import { failure } from "../../core/errors.ts";
import { readSchema } from "../diff/read.ts";
import { flagsOf, type Question, renameQuestions } from "../diff/rename-questions.ts";
import { decidedRename, followingRenames, isNamed, onlyIn } from "../diff/renames.ts";
import { type Key, keyOf, listOf, type Schema } from "../diff/schema.ts";
import { migrateErrors } from "../errors.ts";
import type { Bench } from "../replay.ts";
import { saysTheSame } from "./merged.ts";
import { isDeclarable, isEnum } from "./target.ts";

export interface Decisions {
  /** `users.name=full_name`. */
  readonly rename: readonly string[];
  /** `users.name`: goes, and was not renamed. */
  readonly drop: readonly string[];
  /** `users.name`: not declared, and stays. */
  readonly keep: readonly string[];
  /** What earlier migrations were told to keep: some of it may be gone. */
  readonly kept: readonly string[];
  /** How a person would run this again. */
  readonly command: string;
}

/** A rename that was decided. */
export interface Renamed {
  readonly kind: "table" | "column";
  /** Schema, table and column, without quotes. */
  readonly from: readonly string[];
  readonly to: readonly string[];
}

export interface Renaming {
  readonly sql: readonly string[];
  readonly renamed: readonly Renamed[];
}

/**
 * Runs the renames on a bench that stands where the files end, those that are decided and those that follow from them.
 * Errors: MIGRATE_NOT_THERE, MIGRATE_RENAME_UNDECIDED.
 */
export async function decideRenames(bench: Bench, start: Schema, declared: Schema, decisions: Decisions): Promise<Renaming> {
  const { sql, renamed, schema } = await runDecided(bench, start, declared, decisions.rename);
  const { drop, keep, kept } = decisions;
  refuseOpen(renameQuestions(schema, declared, [...drop, ...keep, ...kept]), decisions.command);
  const following = followingRenames(schema, declaredAlike(schema, declared)).map((rename) => rename.sql);
  if (following.length > 0) await bench.session.script(following.join(";\n"));
  return { sql: [...sql, ...following], renamed };
}

/** One at a time: a column may be named by its table's new name. */
async function runDecided(
  { session, ignoreSchemas }: Bench,
  start: Schema,
  declared: Schema,
  choices: readonly string[],
): Promise<Renaming & { readonly schema: Schema }> {
  const [sql, renamed]: [string[], Renamed[]] = [[], []];
  let [schema, open] = [start, choices];
  while (open.length > 0) {
    const choice = open.find((one) => decidedRename(one, schema, declared) !== undefined);
    const rename = choice === undefined ? undefined : decidedRename(choice, schema, declared);
    if (choice === undefined || !rename) throw failure(migrateErrors, "MIGRATE_NOT_THERE", { flag: "--rename", text: open[0] });
    await session.script(rename.sql);
    schema = await readSchema(session, { ignoreSchemas });
    open = open.filter((one) => one !== choice);
    sql.push(rename.sql);
    renamed.push(...renamedBy(rename.key, choice));
  }
  return { sql, renamed, schema };
}

/** Keys and indexes that the files have under another name, and with what no tool can say: here they have it too. */
function declaredAlike(files: Schema, declared: Schema): Schema {
  const gone = onlyIn(files, declared).filter(({ kind }) => kind === "constraint" || kind === "index");
  const objects = new Map(declared.objects);
  for (const object of onlyIn(declared, files)) {
    const same = gone.find((one) => one.kind === object.kind && one.extra["table"] === object.extra["table"] && saysTheSame(one, object));
    if (same) objects.set(keyOf(object.kind, object.name), { ...object, facts: same.facts });
  }
  return { ...declared, objects };
}

function refuseOpen(questions: readonly Question[], command: string): void {
  const [first] = questions;
  if (!first) return;
  const flags = questions.map((question) => [...flagsOf(question), ...(question.kind === "value" ? [] : [keepFlag(question)])]);
  const what = `${first.kind} ${first.from} is not declared any more, and ${first.candidates.join(" and ")} could be it`;
  const detail = questions.map(({ kind, from }, i) => `${kind} ${from}: ${flags[i]?.join(", or ")}`).join("\n");
  const hint = `if it was renamed: \`${command} ${flags.map(([rename]) => rename).join(" ")}\``;
  throw failure(migrateErrors, "MIGRATE_RENAME_UNDECIDED", { what, questions, flags }, { hint, detail });
}

/** As drizzle-kit has to be told it. */
function renamedBy(key: Key, choice: string): Renamed[] {
  const [kind, name] = [key.slice(0, key.indexOf(" ")), key.slice(key.indexOf(" ") + 1)];
  if (kind !== "table" && kind !== "column") return [];
  const from = namesIn(name);
  return [{ kind, from, to: [...from.slice(0, -1), ...namesIn(choice.slice(choice.lastIndexOf("=") + 1)).slice(-1)] }];
}

/** In the shell's quotes where `--drop` has them. */
const keepFlag = (question: Question): string => (flagsOf(question).at(-1) ?? "").replace("--drop", "--keep");

/** What a person named; a value of an enum is no object. Errors: MIGRATE_NOT_THERE. */
export function keysNamed(flag: "--drop" | "--keep", written: readonly string[], schema: Schema): ReadonlySet<Key> {
  return new Set(
    written.flatMap((text) => {
      const key = keyNamed(text, schema);
      if (key === undefined && !isLabel(text, schema)) throw failure(migrateErrors, "MIGRATE_NOT_THERE", { flag, text });
      return key ?? [];
    }),
  );
}

function isLabel(text: string, { objects }: Schema): boolean {
  return [...objects.values()].some(
    (type) => isEnum(type) && listOf(type.facts["labels"]).some((label) => isNamed(`${type.name}.${label}`, text)),
  );
}

export function keyNamed(text: string, { objects }: Schema): Key | undefined {
  const object = [...objects.values()].find((one) => isDeclarable(one) && isNamed(one.name, text));
  return object && keyOf(object.kind, object.name);
}

/** A dotted name in its parts, without quotes. */
function namesIn(text: string): string[] {
  return [...text.trim().matchAll(/"((?:[^"]|"")*)"|([^."]+)/g)].map(([, quoted, bare]) =>
    quoted === undefined ? (bare ?? "") : quoted.replaceAll('""', '"'),
  );
}
