/** From what an object is to what it was, without dropping it where that is possible. */
import type { CatalogObject } from "../../../core/catalog.ts";
import { alterColumn } from "./alter-column.ts";
import { alterTable, storage } from "./alter-table.ts";
import { alterType } from "./alter-type.ts";
import { aspectsOf, domainWords, policyWords, statisticsWords, tableWords } from "./aspects.ts";
import {
  createStatement,
  createView,
  indexExtras,
  indexStatements,
  linesOf,
  switchedExtras,
  switchStatement,
  viewColumn,
  type ViewParts,
  viewParts,
} from "./create-statement.ts";
import { dropStatement, partOf, tableWord } from "./drops.ts";
import { aboveOf, lastOf } from "./names.ts";
import { alterSequence } from "./sequence.ts";
import { inOrder, keyOf, type Undo, type World } from "./undo.ts";

export interface Changed {
  readonly want: CatalogObject;
  readonly now: CatalogObject;
}

export function changesOf(changed: readonly Changed[], world: World): Undo[] {
  return changed.flatMap(({ want, now }) => {
    const undo = change(want, now, world);
    return undo === undefined || undo.sql === "" ? [] : [{ ...undo, within: partOf(want, world) }];
  });
}

function change(want: CatalogObject, now: CatalogObject, world: World): Undo | undefined {
  const object = keyOf(want);
  switch (want.kind) {
    case "column":
      return alterColumn(want, now, world);
    case "table":
    case "foreign table":
      return { sql: alterTable(want, aspectsOf(now.definition, tableWords), aspectsOf(want.definition, tableWords)), object };
    case "sequence":
      return alterSequence(want, now);
    case "type":
      return alterType(want, now, world);
    case "domain":
      return { sql: alterDomain(want, now), object };
    case "constraint":
      return { sql: alterConstraint(want, now, world), object };
    case "index":
      return { sql: alterIndex(want, now, world), object };
    case "view":
    case "materialized view":
      return alterView(want, now, world);
    case "trigger":
    case "rule":
      return alterSwitched(want, now, world);
    case "policy":
      return { sql: alterPolicy(want, now, world), object };
    case "function":
      return { sql: createStatement(want, world) ?? "", otherwise: recreate(want, world), object };
    case "extension":
      return { sql: `ALTER EXTENSION ${want.name} SET SCHEMA ${want.definition.slice("in schema ".length)}`, object };
    case "statistics":
      return { sql: alterStatistics(want, now, world), object };
    case "event trigger":
    case "publication":
      return { sql: recreate(want, world), object };
    case "text search configuration":
      return { sql: alterConfiguration(want, now), object };
    default:
      return undefined;
  }
}

function recreate(want: CatalogObject, world: World): string {
  const create = createStatement(want, world);
  return create === undefined ? "" : inOrder(dropStatement(want, world), create);
}

function alterDomain(want: CatalogObject, now: CatalogObject): string {
  const [was, is] = [aspectsOf(want.definition, domainWords), aspectsOf(now.definition, domainWords)];
  const domain = `ALTER DOMAIN ${want.name}`;
  const value = was.get("default");
  return inOrder(
    value === is.get("default") ? undefined : value === undefined ? `${domain} DROP DEFAULT` : `${domain} SET DEFAULT ${value}`,
    was.has("not null") === is.has("not null") ? undefined : `${domain} ${was.has("not null") ? "SET" : "DROP"} NOT NULL`,
  );
}

const constraintExtras = /^(?:inherited|local and inherited|index |enforcing )/;

function alterConstraint(want: CatalogObject, now: CatalogObject, world: World): string {
  const [was = "", ...more] = linesOf(want.definition, constraintExtras);
  const [is = "", ...others] = linesOf(now.definition, constraintExtras);
  const parent = want.parent ?? "";
  const place = `ALTER ${tableWord(parent, world)} ${parent}`;
  if (was !== is && is === `${was} NOT VALID`) return `${place} VALIDATE CONSTRAINT ${lastOf(want.name)}`;
  if (was !== is) return recreate(want, world);
  const index = `ALTER INDEX ${aboveOf(parent)}.${lastOf(want.name)}`;
  const enforced = others.some((line) => line.startsWith("enforcing ")) && !more.some((line) => line.startsWith("enforcing "));
  return inOrder(
    clustering(parent, want.name, more.includes("index clustered"), others.includes("index clustered"), world),
    storage(index, indexOptions(more), indexOptions(others)),
    enforced ? `${place} ENABLE TRIGGER ALL` : undefined,
  );
}

function indexOptions(lines: readonly string[]): string[] {
  const line = lines.find((each) => each.startsWith("index with ("));
  return line === undefined ? [] : line.slice("index with (".length, -1).split(", ");
}

/** One index of a table at most: where another one is wanted, that one says so. */
function clustering(table: string, index: string, was: boolean, is: boolean, { want }: World): string | undefined {
  if (was === is) return undefined;
  if (was) return `ALTER TABLE ${table} CLUSTER ON ${lastOf(index)}`;
  const other = [...want.values()].some(({ parent, definition }) => parent === table && /\n(?:index )?clustered(?:\n|$)/.test(definition));
  return other ? undefined : `ALTER TABLE ${table} SET WITHOUT CLUSTER`;
}

function alterIndex(want: CatalogObject, now: CatalogObject, world: World): string {
  const [was, ...more] = linesOf(want.definition, indexExtras);
  const [is, ...others] = linesOf(now.definition, indexExtras);
  if (was !== is || others.includes("not valid") !== more.includes("not valid")) return recreate(want, world);
  const parent = want.parent ?? "";
  const statistics = (lines: readonly string[]): string[] => lines.filter((line) => line.startsWith("column "));
  const reset = statistics(others).filter((line) => !more.some((other) => other.startsWith(line.replace(/-?\d+$/, ""))));
  return inOrder(
    clustering(parent, want.name, more.includes("clustered"), others.includes("clustered"), world),
    indexStatements(
      want.name,
      parent,
      reset.map((line) => line.replace(/-?\d+$/, "-1")),
    ),
    indexStatements(
      want.name,
      parent,
      more.filter((line) => line !== "clustered" && !others.includes(line)),
    ),
  );
}

/** OR REPLACE can only add columns at the end: where that does not do, the view is made anew. */
function alterView(want: CatalogObject, now: CatalogObject, world: World): Undo {
  const [was, is] = [viewParts(want.definition), viewParts(now.definition)];
  const object = keyOf(want);
  if (was.query === is.query) {
    const fresh = was.columns.filter((line) => !is.columns.includes(line)).flatMap((line) => viewColumn(want.kind, want.name, line));
    return {
      sql: inOrder(storage(`ALTER ${want.kind.toUpperCase()} ${want.name}`, was.options, is.options), forgotten(want, was, is), fresh),
      object,
    };
  }
  const anew = recreate(want, world);
  return want.kind === "view" && is.columns.length === 0
    ? { sql: createView(want, world, true), otherwise: anew, object }
    : { sql: anew, object };
}

/** Columns that had no facts of their own. */
function forgotten({ kind, name }: CatalogObject, was: ViewParts, is: ViewParts): string[] {
  const nameOf = (line: string): string => /^column (?:"(?:[^"]|"")*"|\S+)/.exec(line)?.[0] ?? line;
  const kept = new Set(was.columns.map(nameOf));
  return is.columns
    .filter((line) => !kept.has(nameOf(line)))
    .flatMap((line) => {
      const alter = `ALTER ${kind.toUpperCase()} ${name} ALTER ${nameOf(line).replace("column", "COLUMN")}`;
      return [
        ...(line.includes(" default ") ? [`${alter} DROP DEFAULT`] : []),
        ...(line.includes("statistics ") ? [`${alter} SET STATISTICS -1`] : []),
      ];
    });
}

function alterSwitched(want: CatalogObject, now: CatalogObject, world: World): Undo {
  const [was, ...more] = linesOf(want.definition, switchedExtras);
  const [is] = linesOf(now.definition, switchedExtras);
  const state = more.find((line) => line !== "inherited");
  return { sql: was === is ? switchStatement(want, state) : recreate(want, world), object: keyOf(want) };
}

/** ALTER POLICY can change an expression, not take it away. */
function alterPolicy(want: CatalogObject, now: CatalogObject, world: World): string {
  const [was, is] = [aspectsOf(want.definition, policyWords), aspectsOf(now.definition, policyWords)];
  const same = (word: string): boolean => was.has(word) === is.has(word) && was.get(word) === is.get(word);
  const loses = (["using", "with check"] as const).some((word) => is.has(word) && !was.has(word));
  if (!same("permissive") || !same("for") || loses) return recreate(want, world);
  const clauses = [
    same("to") ? "" : `TO ${was.get("to")}`,
    same("using") ? "" : `USING ${was.get("using")}`,
    same("with check") ? "" : `WITH CHECK ${was.get("with check")}`,
  ];
  return `ALTER POLICY ${lastOf(want.name)} ON ${want.parent} ${clauses.filter(Boolean).join(" ")}`;
}

function alterStatistics(want: CatalogObject, now: CatalogObject, world: World): string {
  const [was, is] = [aspectsOf(want.definition, statisticsWords), aspectsOf(now.definition, statisticsWords)];
  const others = statisticsWords.filter((word) => word !== "target");
  if (others.some((word) => was.get(word) !== is.get(word))) return recreate(want, world);
  return `ALTER STATISTICS ${want.name} SET STATISTICS ${was.get("target") ?? -1}`;
}

/** One kind of token a line, with its dictionaries. */
function alterConfiguration({ name, definition }: CatalogObject, now: CatalogObject): string {
  const mappings = (text: string): Map<string, string> =>
    new Map(text.split("\n").flatMap((line) => (line.includes(" with ") ? [line.split(" with ") as [string, string]] : [])));
  const [was, is] = [mappings(definition), mappings(now.definition)];
  const configuration = `ALTER TEXT SEARCH CONFIGURATION ${name}`;
  return inOrder(
    [...is.keys()].filter((token) => !was.has(token)).map((token) => `${configuration} DROP MAPPING FOR ${token}`),
    [...was].flatMap(([token, dictionaries]) => {
      if (is.get(token) === dictionaries) return [];
      return [`${configuration} ${is.has(token) ? "ALTER" : "ADD"} MAPPING FOR ${token} WITH ${dictionaries}`];
    }),
  );
}
