/** Keys that will not last: how far a sequence, or the key itself, has come of what its column, or one that refers to it, can hold. */
import { type Finding, finding } from "../../core/finding.ts";
import { quoteIdentifier, Raw, sql } from "../../core/sql.ts";
import type { Session } from "../../core/engine.ts";
import { declared } from "../references.ts";
import type { CatalogRule, ProbeRule, TableName } from "../rule.ts";
import { type Column, nameOf, ownTables, primaryKeyOf, type Schema, type Sequence, type Table } from "../schema.ts";
import { qualified, quoteTable } from "../words.ts";

const largest: Readonly<Record<string, number>> = { int2: 2 ** 15 - 1, int4: 2 ** 31 - 1, int8: 2 ** 63 - 1 };
/** At 70 % there is time for a migration, at 90 % there may be none. */
const [early, late] = [0.7, 0.9];

export const sequences: CatalogRule = {
  kind: "catalog",
  name: "sequences running out",
  category: "performance",
  severity: "error",
  level: "quick",
  judge: (schema) => schema.sequences.flatMap((sequence) => judgeSequence(schema, sequence)),
};

function judgeSequence(schema: Schema, { schema: space, name, last, max, increment, readable, ...fed }: Sequence): readonly Finding[] {
  if (!readable) return [unseen(schema.role, { schema: space, table: name })];
  const table = fed.table === null ? undefined : schema.table(fed.table);
  const column = table?.columns.find(({ number }) => number === fed.column);
  const limit = Math.min(max, largest[column?.base ?? ""] ?? max);
  if (last === null || increment < 0 || last / limit < early) return [];
  const feeds = table && column ? `; it feeds ${nameOf(table)}.${column.name} (${column.type})` : "";
  return [
    finding(
      last / limit < late ? "warning" : "error",
      "CHECK_SEQUENCE_RUNNING_OUT",
      `${space}.${name}`,
      `has used ${percent(last / limit)} of its values${feeds}`,
      table && column
        ? widen(table, column)
        : `give it a larger maximum: alter sequence ${quoteTable({ schema: space, table: name })} as bigint`,
      { last, limit },
    ),
  ];
}

function unseen(role: string, sequence: TableName): Finding {
  const hint = `grant select on sequence ${quoteTable(sequence)} to ${role}`;
  return finding(
    "warning",
    "CHECK_SEQUENCE_UNSEEN",
    nameOf(sequence),
    `may not be read by ${role}: how far it has come is not known`,
    hint,
  );
}

/** Keys that no sequence feeds: the application or another database counts. */
export const keys: ProbeRule = {
  kind: "probe",
  name: "integer keys running out",
  category: "performance",
  severity: "error",
  level: "default",
  async look(session, schema) {
    const fed = new Set(schema.sequences.map(({ table }) => table));
    const found: Finding[] = [];
    for (const table of ownTables(schema)) {
      const [key, more] = primaryKeyOf(schema, table);
      if (!key || more || fed.has(table.oid) || !["int2", "int4"].includes(key.base)) continue;
      found.push(...(await judgeKey(session, table, key)));
    }
    return found;
  },
};

async function judgeKey(session: Session, table: Table, key: Column): Promise<readonly Finding[]> {
  const column = new Raw(qualified("t", key));
  const { rows } = await session.query<{ last: number | null }>(
    sql`select max(${column})::pg_catalog.float8 as last from ${new Raw(quoteTable(table))} as t`,
  );
  const share = (rows[0]?.last ?? 0) / (largest[key.base] ?? Number.POSITIVE_INFINITY);
  if (share < early) return [];
  const severity = share < late ? "warning" : "error";
  const object = `${nameOf(table)}.${key.name}`;
  return [finding(severity, "CHECK_KEY_RUNNING_OUT", object, `has used ${percent(share)} of what ${key.type} holds`, widen(table, key))];
}

/** A foreign key may join integers of two widths: the key goes on where the column that refers to it cannot follow. */
export const narrowReferences: CatalogRule = {
  kind: "catalog",
  name: "references narrower than their key",
  category: "performance",
  severity: "warning",
  level: "quick",
  judge: (schema) =>
    declared(schema).flatMap(({ child, columns, parent, parentColumns }) =>
      columns.flatMap((column, i) => {
        const key = parentColumns[i];
        if (!key || !(holds(column) < holds(key))) return [];
        const problem = `is ${column.type} and refers to ${nameOf(parent)}.${key.name}, which is ${key.type}: it cannot hold every key`;
        return [finding("warning", "CHECK_REFERENCE_NARROW", `${nameOf(child)}.${column.name}`, problem, widen(child, column))];
      }),
    ),
};

/** The largest integer of a column; NaN, which compares with nothing, where it holds none. */
function holds({ base }: Column): number {
  return largest[base] ?? Number.NaN;
}

function widen(table: Table, column: Column): string {
  return `make the column, and those that refer to it, bigint: alter table ${quoteTable(table)} alter column ${quoteIdentifier(column.name)} type bigint rewrites the table, so do it in steps where it is large`;
}

function percent(share: number): string {
  return `${Math.floor(share * 100)} %`;
}
