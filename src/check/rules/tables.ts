/** Tables that need care: dead rows, size without upkeep. */
import { type Finding, finding } from "../../core/finding.ts";
import type { CatalogRule, ProbeRule } from "../rule.ts";
import { nameOf, type Schema, type Table } from "../schema.ts";
import { bytes, count, quoteTable } from "../words.ts";
import { id, Raw, sql } from "../../core/sql.ts";

const head = { category: "performance", severity: "warning" } as const;
/** What autovacuum leaves behind in a table of its default settings is a fifth; what is small does not matter. */
const [deadShare, deadRows] = [0.25, 10_000];

export const deadRowsRule: CatalogRule = {
  ...head,
  kind: "catalog",
  name: "dead rows",
  level: "quick",
  judge: (schema) => schema.tables.flatMap(judgeDeadRows),
};

function judgeDeadRows(table: Table): readonly Finding[] {
  const share = table.deadRows / Math.max(1, table.deadRows + table.liveRows);
  if (share < deadShare || table.deadRows < deadRows) return [];
  return [
    finding(
      "warning",
      "CHECK_DEAD_ROWS",
      nameOf(table),
      `${percent(share)} of its rows are dead (${count(table.deadRows, "row")}); last vacuum: ${days(table.vacuumedDays)}`,
      `vacuum (analyze) ${quoteTable(table)}`,
    ),
  ];
}

/** Free space that a VACUUM does not give back. The extension reads the visibility map and a part of the pages. */
export const bloat: ProbeRule = {
  ...head,
  kind: "probe",
  name: "bloat",
  level: "deep",
  async look(session, schema) {
    const space = schema.extensions.get("pgstattuple");
    if (space === undefined) return "the extension pgstattuple is not installed: create extension pgstattuple";
    const measure = new Raw(id(space, "pgstattuple_approx").text);
    const found: Finding[] = [];
    for (const table of schema.tables.filter(({ kind, sizeBytes }) => kind === "r" && sizeBytes > 10 * 1024 * 1024)) {
      const { rows } = await session.query<{ free: number }>(
        sql`select approx_free_percent::pg_catalog.float8 as free from ${measure}(${table.oid}::pg_catalog.oid::pg_catalog.regclass)`,
      );
      found.push(...judgeBloat(table, rows[0]?.free ?? 0));
    }
    return found;
  },
};

function judgeBloat(table: Table, free: number): readonly Finding[] {
  if (free < 50) return [];
  const severity = "warning";
  const hint = `rewrite it where nobody waits for it, with pg_repack or vacuum full ${quoteTable(table)}`;
  return [finding(severity, "CHECK_BLOAT", nameOf(table), `is ${Math.round(free)} % free space (of ${bytes(table.sizeBytes)})`, hint)];
}

/** A large table whose statistics are old: plans go wrong. What is large and well kept is only told. */
export function largeTables(largeBytes: number): CatalogRule {
  return {
    ...head,
    kind: "catalog",
    name: "large tables",
    level: "quick",
    judge: ({ tables }: Schema) => tables.filter(({ sizeBytes }) => sizeBytes >= largeBytes).map(judgeLarge),
  };
}

function judgeLarge(table: Table): Finding {
  const neglected = table.changedSinceAnalyze > Math.max(10_000, table.liveRows * 0.1) && (table.analyzedDays ?? 365) > 7;
  const upkeep = `last vacuum: ${days(table.vacuumedDays)}, last analyze: ${days(table.analyzedDays)}`;
  return finding(
    neglected ? "warning" : "info",
    "CHECK_LARGE_TABLE",
    nameOf(table),
    `holds ${bytes(table.sizeBytes)} in about ${count(Math.round(table.rows), "row")}; ${upkeep}`,
    neglected ? `vacuum (analyze) ${quoteTable(table)}` : "if it only grows, partition it by time or keep old rows elsewhere",
  );
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function days(ago: number | null): string {
  if (ago === null) return "never";
  return ago < 1 ? "today" : `${count(Math.floor(ago), "day")} ago`;
}
