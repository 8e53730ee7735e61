/** Indexes and tables whose pages contradict each other, and what makes them so. */
import { sqlstate, asStewardError } from "../../core/errors.ts";
import { type Finding, finding } from "../../core/finding.ts";
import { id, type Raw, sql } from "../../core/sql.ts";
import type { Session } from "../../core/engine.ts";
import type { CatalogRule, ProbeRule } from "../rule.ts";
import { type Index, nameOf, type Schema, type Table } from "../schema.ts";
import { quoteTable } from "../words.ts";

const head = { category: "corruption", severity: "error" } as const;

/** An operating system's new sort order: text in old indexes stands in the wrong place. One upgrade corrupted 28 indexes of 2,318. */
export const collationDrift: CatalogRule = {
  ...head,
  kind: "catalog",
  name: "collation drift",
  level: "quick",
  judge: ({ collations, database }) =>
    collations.map(({ oid, name, recorded, actual }) =>
      finding(
        "error",
        "CHECK_COLLATION_DRIFT",
        name,
        `sorts as version ${actual} of its library, but what it sorted was written under ${recorded}: indexes on text may be wrong`,
        oid === 0
          ? `reindex database concurrently ${id(database).text}, then alter database ${id(database).text} refresh collation version`
          : `reindex the indexes that use it, then alter collation ${name} refresh version`,
      ),
    ),
};

/** index_corrupted and data_corrupted. */
const corrupted: readonly (string | undefined)[] = ["XX002", "XX001"];

/** amcheck: the order and the links of every B-tree, and whether each row of the table is in it. */
export const amcheckIndexes: ProbeRule = {
  ...head,
  kind: "probe",
  name: "amcheck of indexes",
  level: "deep",
  async look(session, schema) {
    const space = schema.extensions.get("amcheck");
    if (space === undefined) return "the extension amcheck is not installed: create extension amcheck";
    const check = id(space, "bt_index_check");
    const found: Finding[] = [];
    for (const index of schema.indexes.filter(
      ({ method, valid, table }) => method === "btree" && valid && schema.table(table)?.kind === "r",
    ))
      found.push(...(await judgeIndex(session, check, index)));
    return found;
  },
};

async function judgeIndex(session: Session, check: Raw, index: Index): Promise<readonly Finding[]> {
  try {
    await session.transaction((inner) => inner.query(sql`select ${check}(${index.oid}::pg_catalog.oid::pg_catalog.regclass, true)`));
    return [];
  } catch (thrown) {
    if (!corrupted.includes(sqlstate(thrown))) throw thrown;
    const { message, detail } = asStewardError(thrown);
    const hint = `keep a copy of the data directory, then reindex index concurrently ${quoteTable({ schema: index.schema, table: index.name })}`;
    return [finding("error", "CHECK_INDEX_CORRUPT", `${index.schema}.${index.name}`, message, hint, { detail })];
  }
}

export const amcheckTables: ProbeRule = {
  ...head,
  kind: "probe",
  name: "amcheck of tables",
  level: "deep",
  async look(session, schema) {
    const space = schema.extensions.get("amcheck");
    if (space === undefined) return "the extension amcheck is not installed: create extension amcheck";
    const check = id(space, "verify_heapam");
    const found: Finding[] = [];
    for (const table of ordinary(schema)) found.push(...(await judgeTable(session, check, table)));
    return found;
  },
};

const ordinary = ({ tables }: Schema): readonly Table[] => tables.filter(({ kind }) => kind === "r");

async function judgeTable(session: Session, check: Raw, table: Table): Promise<readonly Finding[]> {
  const { rows } = await session.query<{ block: bigint; message: string }>(
    sql`select v.blkno as block, v.msg as message from ${check}(${table.oid}::pg_catalog.oid::pg_catalog.regclass) v limit 20`,
  );
  const [first] = rows;
  if (!first) return [];
  const hint = "keep a copy of the data directory and restore the table from a backup";
  return [finding("error", "CHECK_TABLE_CORRUPT", nameOf(table), `block ${first.block}: ${first.message}`, hint, { messages: rows })];
}
