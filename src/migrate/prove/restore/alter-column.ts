/** ALTER COLUMN from what a column is to what it was. */
import type { CatalogObject } from "../../../core/catalog.ts";
import { literal } from "../../../core/sql.ts";
import { type Aspects, aspectsOf, columnWords } from "./aspects.ts";
import { addColumn, alterColumnExtras, identityOptions } from "./column.ts";
import { tableWord } from "./drops.ts";
import { aboveOf, bareOf, lastOf } from "./names.ts";
import { inOrder, keyOf, type Undo, type World } from "./undo.ts";

export function alterColumn(want: CatalogObject, now: CatalogObject, world: World): Undo {
  const [was, is] = [aspectsOf(want.definition, columnWords), aspectsOf(now.definition, columnWords)];
  const parent = want.parent ?? aboveOf(want.name);
  const place = `ALTER ${tableWord(parent, world)} ${parent}`;
  const added = addColumn(want, world);
  const anew = { ...added, sql: inOrder(`${place} DROP COLUMN ${lastOf(want.name)}`, added.sql) };
  if (cannotBecome(was, is, world.version)) return anew;
  const column = `${place} ALTER COLUMN ${lastOf(want.name)}`;
  const type = typeStatement(column, was, is);
  const retyped = type !== undefined;
  const build = (typed: string | undefined): string =>
    inOrder(
      retyped && is.has("default") ? `${column} DROP DEFAULT` : undefined,
      typed,
      leaveIdentity(column, was, is),
      notNull(place, column, want, was, is),
      valueStatements(column, want, was, is, retyped, world),
      alterColumnExtras(want, now, world),
    );
  const sql = build(type);
  // A generated column is made anew without loss, where the server does not change its expression.
  const generated = was.has("generated stored") || was.has("generated virtual");
  const using = retyped ? build(`${type} USING ${lastOf(want.name)}::${was.get("type")}`) : generated ? anew.sql : undefined;
  return { sql, ...(using === undefined ? {} : { otherwise: using }), object: keyOf(want) };
}

/** A plain column does not become a generated one, nor does a stored one become virtual; before 17 an expression stays what it is. */
function cannotBecome(was: Aspects, is: Aspects, version: number): boolean {
  for (const word of ["generated stored", "generated virtual"]) {
    if (was.has(word) && !is.has(word)) return true;
    if (was.has(word) && was.get(word) !== is.get(word) && version < 170_000) return true;
  }
  return is.has("generated virtual") && !was.has("generated virtual");
}

function typeStatement(column: string, was: Aspects, is: Aspects): string | undefined {
  if (was.get("type") === is.get("type") && was.get("collate") === is.get("collate")) return undefined;
  const collate = was.get("collate") ?? (is.has("collate") ? 'pg_catalog."default"' : undefined);
  return `${column} TYPE ${was.get("type")}${collate === undefined ? "" : ` COLLATE ${collate}`}`;
}

function leaveIdentity(column: string, was: Aspects, is: Aspects): string | undefined {
  if (is.has("identity") && !was.has("identity")) return `${column} DROP IDENTITY`;
  return is.has("generated stored") && !was.has("generated stored") ? `${column} DROP EXPRESSION` : undefined;
}

function notNull(place: string, column: string, want: CatalogObject, was: Aspects, is: Aspects): string | undefined {
  const [then, now] = [was.get("not null"), is.get("not null")];
  if (then === now) return undefined;
  if (then === undefined) return `${column} DROP NOT NULL`;
  if (then === "" && (now === undefined || now === "not valid")) return `${column} SET NOT NULL`;
  const name = `${lastOf(aboveOf(want.name))}_${lastOf(want.name)}_not_null`.replaceAll('"', "");
  const constraint = `${place} ADD CONSTRAINT "${name}" NOT NULL ${lastOf(want.name)} ${then.toUpperCase()}`;
  return inOrder(now === undefined ? undefined : `${column} DROP NOT NULL`, constraint);
}

function valueStatements(
  column: string,
  want: CatalogObject,
  was: Aspects,
  is: Aspects,
  retyped: boolean,
  world: World,
): string | undefined {
  const [identity, had] = [was.get("identity"), is.get("identity")];
  if (identity !== undefined && had === undefined) {
    const forget = is.has("default") && !retyped ? `${column} DROP DEFAULT` : undefined;
    // The sequence is a new one: without this it would give out keys that are taken.
    const goOn = `SELECT pg_catalog.setval(pg_catalog.pg_get_serial_sequence(${literal(want.parent ?? "")}, ${literal(bareOf(lastOf(want.name)))}), max(${lastOf(want.name)})) FROM ${want.parent}`;
    return inOrder(forget, `${column} ADD GENERATED ${identity.toUpperCase()} AS IDENTITY${identityOptions(want, world)}`, goOn);
  }
  if (identity !== had && identity !== undefined) return `${column} SET GENERATED ${identity.toUpperCase()}`;
  for (const word of ["generated stored", "generated virtual"]) {
    const expression = was.get(word);
    if (expression !== undefined && expression !== is.get(word)) return `${column} SET EXPRESSION AS (${expression})`;
  }
  const [value, other] = [was.get("default"), retyped ? undefined : is.get("default")];
  if (value === other) return undefined;
  return value === undefined ? `${column} DROP DEFAULT` : `${column} SET DEFAULT ${value}`;
}
