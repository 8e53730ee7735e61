/** What goes beside something that comes, and could be the same under another name: asked, never guessed. */
import { type Finding, finding } from "../../core/finding.ts";
import { bareOf, isNamed, onlyIn, sameSort, schemaOf } from "./renames.ts";
import { keyOf, listOf, type ObjectKind, type Schema, type SchemaObject } from "./schema.ts";

export interface Question {
  readonly kind: ObjectKind | "value";
  /** Without `public`, as `--rename` and `--drop` take it. */
  readonly from: string;
  /** The likeliest first. */
  readonly candidates: readonly string[];
}

/** `drops` are the names that are said to go. */
export function renameQuestions(from: Schema, to: Schema, drops: readonly string[]): Question[] {
  const [gone, come] = [onlyIn(from, to), onlyIn(to, from)];
  const isLost = (key: string): boolean => from.objects.has(key) && !to.objects.has(key);
  const asked = gone.filter(
    ({ name, host, kind }) => !isLost(host ?? "") && (kind === "schema" || !isLost(keyOf("schema", schemaOf(name)))),
  );
  const questions = [...asked.flatMap((object) => questionOf(object, come, from, to)), ...valueQuestions(from, to)];
  return questions.filter((question) => !drops.some((name) => isNamed(question.from, name)));
}

const short = (name: string): string => name.replace(/^public\./, "");

function questionOf(object: SchemaObject, come: readonly SchemaObject[], from: Schema, to: Schema): Question[] {
  const rated = come
    .filter((each) => sameSort(each, object))
    .map((each) => ({ each, likeness: likeness(object, each, from, to) }))
    .filter(({ likeness }) => likeness > 0)
    .toSorted((a, b) => b.likeness - a.likeness);
  const moved = (each: SchemaObject): boolean => object.kind !== "schema" && schemaOf(each.name) !== schemaOf(object.name);
  const candidates = rated.map(({ each }) => (moved(each) ? each.name : bareOf(each)));
  return candidates.length === 0 ? [] : [{ kind: object.kind, from: short(object.name), candidates }];
}

/** How well what the old one holds fits into the new one: 0 for not at all, 1 for as it is. */
function likeness(old: SchemaObject, now: SchemaObject, from: Schema, to: Schema): number {
  switch (old.kind) {
    case "column":
      return old.facts["generated"] !== undefined || now.facts["generated"] !== undefined ? 0 : likenessOfTypes(old, now, from);
    case "table":
    case "foreign table":
      return share(columnsOf(from, old), columnsOf(to, now));
    case "schema":
      return share(tablesOf(from, old), tablesOf(to, now));
    case "sequence":
      return isOfColumn(old, from) || isOfColumn(now, to) ? 0 : 1;
    default:
      return 0;
  }
}

const isOfColumn = ({ name, facts }: SchemaObject, { objects }: Schema): boolean =>
  facts["identity"] === true || objects.has(keyOf("ownership", name));

function likenessOfTypes(old: SchemaObject, now: SchemaObject, { casts }: Schema): number {
  if (old.facts["type"] === now.facts["type"]) return 1;
  const [source, target] = [String(old.extra["baseType"]), String(now.extra["baseType"])];
  const texts = ["text", "character varying", "character"];
  const fits = source === target || casts.get(`${source} → ${target}`) === "implicit" || (texts.includes(source) && texts.includes(target));
  return fits ? 0.5 : 0;
}

function columnsOf({ objects }: Schema, { extra }: SchemaObject): ReadonlySet<string> {
  const columns = [...objects.values()].filter((each) => each.kind === "column" && each.extra["table"] === extra["ref"]);
  return new Set(columns.map((each) => `${each.extra["column"]} ${each.facts["type"]}`));
}

function tablesOf({ objects }: Schema, { name }: SchemaObject): ReadonlySet<string> {
  const tables = [...objects.values()].filter(({ kind, needs }) => kind === "table" && needs.has(keyOf("schema", name)));
  return new Set(tables.map(bareOf));
}

/** Half of the larger one at least. */
function share(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const common = [...a].filter((each) => b.has(each)).length;
  const ratio = common / Math.max(a.size, b.size, 1);
  return ratio >= 0.5 ? ratio : 0;
}

function valueQuestions(from: Schema, to: Schema): Question[] {
  return [...from.objects].flatMap(([key, { name, facts }]) => {
    const [before, after] = [listOf(facts["labels"]), listOf(to.objects.get(key)?.facts["labels"])];
    const come = after.filter((label) => !before.includes(label));
    const gone = before.filter((label) => !after.includes(label));
    if (come.length === 0 || after.length === 0) return [];
    return gone.map((label) => ({ kind: "value" as const, from: short(`${name}.${label}`), candidates: come }));
  });
}

/** The flags that answer a question, the renames first. */
export function flagsOf({ from, candidates }: Question): readonly string[] {
  return [...candidates.map((name) => `--rename ${shell(`${from}=${name}`)}`), `--drop ${shell(from)}`];
}

const shell = (word: string): string => (/^[\w.=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);

export function questionFinding(question: Question): Finding {
  const { kind, from, candidates } = question;
  const flags = flagsOf(question);
  const names = candidates.join(" or ");
  const facts = { from, to: candidates[0], candidates, flags };
  const hint = `say which: ${flags.join(", or ")}`;
  return finding(
    "warning",
    "DIFF_RENAME_QUESTION",
    `${kind} ${from}`,
    `goes, and ${names} could be it under a new name: that is not guessed`,
    hint,
    facts,
  );
}
