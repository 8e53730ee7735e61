/** Sequences: made, owned, altered. */
import type { CatalogObject } from "../../../core/catalog.ts";
import { type Aspects, aspectsOf, sequenceWords } from "./aspects.ts";
import { inOrder, keyOf, type Undo } from "./undo.ts";

const largest: Readonly<Record<string, string>> = { smallint: "32767", integer: "2147483647", bigint: "9223372036854775807" };

/** What differs from CREATE SEQUENCE without options, for a sequence of its type. */
export function sequenceOptions(aspects: Aspects): string[] {
  const increment = aspects.get("increment") ?? "1";
  const down = increment.startsWith("-");
  const most = largest[aspects.get("as") ?? "bigint"] ?? "";
  const usual = down ? { minimum: `-${BigInt(most || 0) + 1n}`, maximum: "-1" } : { minimum: "1", maximum: most };
  const [minimum, maximum, start] = [aspects.get("minimum"), aspects.get("maximum"), aspects.get("start")];
  return [
    increment === "1" ? "" : `INCREMENT BY ${increment}`,
    minimum === usual.minimum ? "" : `MINVALUE ${minimum}`,
    maximum === usual.maximum ? "" : `MAXVALUE ${maximum}`,
    start === (down ? maximum : minimum) ? "" : `START WITH ${start}`,
    aspects.has("cache") ? `CACHE ${aspects.get("cache")}` : "",
    aspects.has("cycle") ? "CYCLE" : "",
  ].filter(Boolean);
}

export function createSequence(sequence: CatalogObject): Undo | undefined {
  const aspects = aspectsOf(sequence.definition, sequenceWords);
  if (aspects.has("identity of")) return undefined;
  const type = aspects.get("as") ?? "bigint";
  const text = `CREATE ${aspects.has("unlogged") ? "UNLOGGED " : ""}SEQUENCE ${sequence.name}`;
  const all = [...(type === "bigint" ? [] : [`AS ${type}`]), ...sequenceOptions(aspects)];
  return { sql: [text, ...all].join(" "), object: keyOf(sequence), lossy: `where the sequence ${sequence.name} stood` };
}

/** Behind the table: the sequence goes with the column. */
export function ownSequence(sequence: CatalogObject): Undo | undefined {
  const owner = aspectsOf(sequence.definition, sequenceWords).get("owned by");
  return owner === undefined ? undefined : { sql: `ALTER SEQUENCE ${sequence.name} OWNED BY ${owner}`, object: keyOf(sequence) };
}

export function alterSequence(want: CatalogObject, now: CatalogObject): Undo {
  const [was, is] = [aspectsOf(want.definition, sequenceWords), aspectsOf(now.definition, sequenceWords)];
  const sequence = `ALTER SEQUENCE ${want.name}`;
  const changed = (word: string): boolean => was.get(word) !== is.get(word);
  const all = [
    changed("as") ? `AS ${was.get("as")}` : "",
    changed("increment") ? `INCREMENT BY ${was.get("increment")}` : "",
    changed("minimum") || changed("as") ? `MINVALUE ${was.get("minimum")}` : "",
    changed("maximum") || changed("as") ? `MAXVALUE ${was.get("maximum")}` : "",
    changed("start") ? `START WITH ${was.get("start")}` : "",
    changed("cache") ? `CACHE ${was.get("cache") ?? 1}` : "",
    changed("cycle") ? (was.has("cycle") ? "CYCLE" : "NO CYCLE") : "",
    changed("owned by") && !was.has("identity of") ? `OWNED BY ${was.get("owned by") ?? "NONE"}` : "",
  ].filter(Boolean);
  const persistence = changed("unlogged") ? `${sequence} SET ${was.has("unlogged") ? "UNLOGGED" : "LOGGED"}` : undefined;
  return { sql: inOrder(all.length > 0 ? `${sequence} ${all.join(" ")}` : undefined, persistence), object: keyOf(want) };
}
