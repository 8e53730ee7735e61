/** The way from one schema back to another: renames first, then what the diff between the two says, tried on the bench. */
import type { Catalog } from "../../../core/catalog.ts";
import { sqlstate } from "../../../core/errors.ts";
import { type Difference, diffCatalogs } from "../../../core/schema-diff.ts";
import { text } from "../../diff/ddl.ts";
import { readSchema } from "../../diff/read.ts";
import { type Key, listOf, type Schema, type SchemaObject } from "../../diff/schema.ts";
import { type Change, statementsBetween } from "../../diff/statements.ts";
import type { Bench } from "../../replay.ts";
import { attempt, ownedCatalog } from "../bench.ts";
import { placeholderOf } from "./placeholder.ts";
import { type Rename, renameBack, renamesWithin } from "./renames.ts";
import type { Undo } from "./undo.ts";

export interface Goal {
  /** With owners. */
  readonly catalog: Catalog;
  readonly schema: Schema;
  readonly renames: readonly Rename[];
}

export interface WayBack {
  /** In the order in which they have to run. */
  readonly undos: readonly Undo[];
  /** What they do not bring back. */
  readonly left: readonly Difference[];
  /** What the server said to statements that failed. */
  readonly errors: readonly string[];
}

/** Finds statements that turn `now`, where the bench stands, into the goal; the bench stays where it is. */
export async function wayBack(bench: Bench, goal: Goal, now: Catalog): Promise<WayBack> {
  const way = await bench.undoing(() => goBack(bench, goal, now, false));
  // A value of an enum cannot be used where it is added: the type is made anew.
  return way.usedAtOnce ? bench.undoing(() => goBack(bench, goal, now, true)) : way;
}

async function goBack(bench: Bench, goal: Goal, now: Catalog, swapEnums: boolean): Promise<WayBack & { readonly usedAtOnce: boolean }> {
  await bench.session.script("set local check_function_bodies = on");
  const renames = await goBackInNames(bench, goal, now);
  const present = await readSchema(bench.session);
  const within = renamesWithin(goal.schema, present);
  for (const { sql } of within) await bench.session.script(sql);
  const from = within.length === 0 ? present : await readSchema(bench.session);
  const undos = undosOf(statementsBetween(from, goal.schema, { swapEnums }), from, goal.schema);
  const errors: string[] = [];
  let usedAtOnce = false;
  for (const { sql } of undos) {
    const outcome = await attempt(bench.session, sql);
    if (!("failed" in outcome)) continue;
    errors.push(`${sql.split("\n")[0]}: ${outcome.failed.message}`);
    usedAtOnce ||= sqlstate(outcome.failed) === "55P04";
  }
  return { undos: [...renames, ...within, ...undos], left: diffCatalogs(goal.catalog, await ownedCatalog(bench)), errors, usedAtOnce };
}

/** Runs renames, one after the other, because everything that names what is renamed reads otherwise afterwards. */
async function goBackInNames(bench: Bench, { catalog, renames }: Goal, now: Catalog): Promise<Undo[]> {
  const done: Undo[] = [];
  let current = now;
  for (const _ of renames) {
    const undo = renameBack(renames, catalog, current);
    if (!undo || "failed" in (await attempt(bench.session, undo.sql))) break;
    done.push(undo);
    current = await ownedCatalog(bench);
  }
  return done;
}

function undosOf(changes: readonly Change[], from: Schema, to: Schema): Undo[] {
  const anew = new Set(changes.flatMap(({ key, note }) => (note?.kind === "destroys" ? [key] : [])));
  const told = new Set<Key>();
  return changes
    .filter(({ sql }) => sql !== "")
    .map((change): Undo => {
      const { key } = change;
      const [now, then] = [from.objects.get(key), to.objects.get(key)];
      const within = relationsOf(now ?? then, now ? from : to);
      const undo = { sql: change.sql, object: key, ...(within.length > 0 ? { within } : {}) };
      if (!then) return { ...undo, drops: true };
      const filler = fillerOf(change, then, to);
      const sql = filler === undefined ? change.sql : filled(change.sql, filler, then);
      const loss = told.has(key) ? undefined : lossOf(then, anew.has(key) ? undefined : now, from);
      told.add(key);
      const lossy = loss === undefined ? {} : { lossy: filler === undefined ? loss : `${loss}; rows get ${filler}` };
      return { ...undo, sql, ...(now ? {} : { makes: true }), ...lossy };
    });
}

const relations = /^(?:foreign table|materialized view|table|view) /;

/** The relations that take it along when they are dropped. */
function relationsOf(object: SchemaObject | undefined, schema: Schema): Key[] {
  return [...(object?.takers ?? [])].flatMap((taker) =>
    relations.test(taker) ? [taker] : /^(?:column|constraint|index) /.test(taker) ? relationsOf(schema.objects.get(taker), schema) : [],
  );
}

/** What of `then` cannot come back: all of it where it is gone, the values that an enum got where it is made anew. */
function lossOf(then: SchemaObject, now: SchemaObject | undefined, from: Schema): string | undefined {
  const { kind, name, facts } = then;
  if (now) return kind === "type" ? lossOfEnum(then, now, from) : undefined;
  if (kind === "table") return `the rows of ${name}`;
  if (kind === "sequence") return facts["identity"] === true ? undefined : `where the sequence ${name} stood`;
  return kind === "column" && facts["generated"] === undefined ? `the values of ${name}` : undefined;
}

function lossOfEnum({ facts: then, kind, name }: SchemaObject, { facts: now }: SchemaObject, { objects }: Schema): string | undefined {
  const added = listOf(now["labels"]).filter((label) => !listOf(then["labels"]).includes(label));
  const isUsed = [...objects.values()].some((object) => object.kind === "column" && object.needs.has(`${kind} ${name}`));
  return added.length > 0 && isUsed ? `it fails while a row has ${added.map(text).join(" or ")}` : undefined;
}

/** A column that rows exist for: where it takes no null and has no default, they get a value that says nothing. */
function fillerOf({ sql, note }: Change, then: SchemaObject, to: Schema): string | undefined {
  const isBare = then.kind === "column" && note?.kind === "rows" && / ADD COLUMN /.test(sql);
  return isBare ? placeholderOf(then, String(then.facts["type"]), to) : undefined;
}

function filled(sql: string, filler: string, { facts, extra }: SchemaObject): string {
  const strict = ` ${facts["notNull"]}`;
  const add = sql.endsWith(strict) ? `${sql.slice(0, -strict.length)} DEFAULT ${filler}${strict}` : `${sql} DEFAULT ${filler}`;
  return `${add};\nALTER ${extra["keyword"]} ${extra["table"]} ALTER COLUMN ${extra["column"]} DROP DEFAULT`;
}
