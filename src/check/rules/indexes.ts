/** Indexes that are missing, invalid, there twice, or read by nobody. None that holds a constraint is ever called too much. */
import { type Finding, finding, type Severity } from "../../core/finding.ts";
import { quoteIdentifier } from "../../core/sql.ts";
import { declared } from "../references.ts";
import type { CatalogRule } from "../rule.ts";
import { type Column, type Index, indexOn, nameOf, type Schema, type Table } from "../schema.ts";
import { bytes, listOf, nameFor, quoteColumns, quoteTable } from "../words.ts";

const head = { kind: "catalog", category: "performance", severity: "warning", level: "quick" } as const;
/** Below that reading the whole table is as fast. */
const smallRows = 1_000;

export const missingIndexes: CatalogRule = { ...head, name: "indexes missing on foreign keys", judge: (schema) => missing(schema) };
export const invalidIndexes: CatalogRule = { ...head, name: "invalid indexes", judge: (schema) => invalid(schema) };
export const duplicateIndexes: CatalogRule = { ...head, name: "duplicate indexes", judge: (schema) => duplicates(schema) };
export const unusedIndexes: CatalogRule = { ...head, name: "unused indexes", judge: (schema) => unused(schema) };

function missing(schema: Schema): readonly Finding[] {
  return declared(schema)
    .filter(({ child, columns }) => !indexOn(schema, child, numbers(columns)))
    .map(({ child, columns, parent }) =>
      finding(
        child.rows < smallRows ? "info" : "warning",
        "CHECK_INDEX_MISSING",
        `${nameOf(child)} (${listOf(columns)})`,
        `is a foreign key without an index: each delete in ${nameOf(parent)} reads the whole table`,
        createIndex(child, columns),
      ),
    );
}

/** What a check of the project asks for. */
interface Wanted {
  readonly name: string;
  readonly severity: Severity;
  readonly message?: string;
  readonly hint?: string;
}

export function recommendedIndex(table: Table, columns: readonly Column[], { name, severity, message, hint }: Wanted): CatalogRule {
  return {
    ...head,
    name,
    severity,
    judge: (schema) =>
      startsWith(schema, table, numbers(columns))
        ? []
        : [
            finding(
              severity,
              "CHECK_INDEX_RECOMMENDED",
              `${nameOf(table)} (${listOf(columns)})`,
              message ?? `has no index, but ${name} asks for one`,
              hint ?? createIndex(table, columns),
            ),
          ],
  };
}

function startsWith(schema: Schema, table: Table, wanted: readonly number[]): boolean {
  return schema.indexesOf(table).some(({ valid, columns }) => valid && wanted.every((column, i) => columns[i] === column));
}

/** A partitioned table takes no CONCURRENTLY. */
function createIndex(table: Table, columns: readonly Column[]): string {
  const concurrently = table.kind === "p" ? "" : " concurrently";
  return `create index${concurrently} ${nameFor(table.table, columns, "idx")} on ${quoteTable(table)} (${quoteColumns(columns)})`;
}

function invalid(schema: Schema): readonly Finding[] {
  return schema.indexes
    .filter((index) => !index.valid && schema.table(index.table)?.kind === "r")
    .map((index) =>
      finding(
        "warning",
        "CHECK_INDEX_INVALID",
        indexName(index),
        "is not valid, most often because CREATE INDEX CONCURRENTLY failed: it is written, but never read",
        `reindex index concurrently ${quoteIndex(index)}`,
      ),
    );
}

function duplicates(schema: Schema): readonly Finding[] {
  const alike = Map.groupBy(
    schema.indexes.filter(({ valid }) => valid),
    ({ table, signature, predicate, expressions }) => [table, signature, predicate, expressions].join("\0"),
  );
  return [...alike.values()].flatMap((group) => {
    const [kept, ...rest] = group.toSorted((a, b) => worth(b) - worth(a));
    return rest
      .filter((index) => kept && isDroppable(index) && (!index.unique || kept.unique))
      .map((index) =>
        finding(
          "warning",
          "CHECK_INDEX_DUPLICATE",
          indexName(index),
          `is the same as ${indexName(kept as Index)} and costs each write (${bytes(index.sizeBytes)})`,
          `drop index concurrently ${quoteIndex(index)}`,
        ),
      );
  });
}

/** Of two alike, the one that something depends on stays. */
function worth({ primary, constrains, replicaIdentity, unique, inherited, scans }: Index): number {
  return (primary ? 16 : 0) + (constrains ? 8 : 0) + (replicaIdentity ? 4 : 0) + (inherited ? 2 : 0) + (unique ? 1 : 0) + scans / 2 ** 63;
}

const isDroppable = ({ constrains, primary, replicaIdentity, inherited }: Index): boolean =>
  !constrains && !primary && !replicaIdentity && !inherited;

/** Statistics that are younger say nothing about what runs once a week. */
const neededDays = 7;
const smallBytes = 1024 * 1024;

/** A unique index works at every write without being scanned, one on a foreign key at deletes in another table. */
function unused(schema: Schema): readonly Finding[] {
  if (schema.statisticsDays < neededDays) return [];
  const keys = declared(schema);
  const servesKey = (index: Index): boolean =>
    keys.some(({ child, columns }) => child.oid === index.table && numbers(columns).every((column) => index.columns.includes(column)));
  return schema.indexes
    .filter((index) => index.scans === 0 && index.valid && !index.unique && isDroppable(index) && index.sizeBytes >= smallBytes)
    .filter((index) => !servesKey(index) && (schema.table(index.table)?.scans ?? 0) > 0)
    .map((index) =>
      finding(
        "info",
        "CHECK_INDEX_UNUSED",
        indexName(index),
        `was not read for ${Math.floor(schema.statisticsDays)} days on this server (${bytes(index.sizeBytes)})`,
        `where no replica reads it either: drop index concurrently ${quoteIndex(index)}`,
      ),
    );
}

function numbers(columns: readonly Column[]): readonly number[] {
  return columns.map(({ number }) => number);
}

const indexName = ({ schema, name }: Index): string => `${schema}.${name}`;

function quoteIndex({ schema, name }: Index): string {
  return `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;
}
