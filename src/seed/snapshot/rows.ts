/** The rows of a table as they are written: read, replaced, checked, watched for what nobody thought of. */
import type { Session } from "../../core/engine.ts";
import { quoteIdentifier } from "../../core/sql.ts";
import { checkerOf } from "./checks.ts";
import { type Family, familyOf, holdsEmail, type SnapshotKind } from "./kinds.ts";
import { fileKey, type Part } from "./order.ts";
import { fetchRows, fromTable, isOneOf, type Places } from "./places.ts";
import { type Replace, replacerOf } from "./replace.ts";
import type { Ruling, Undecided } from "./rules.ts";
import { type SnapshotColumn, shortName } from "./shape.ts";
import type { Chosen } from "./select.ts";

export interface Reading {
  readonly session: Session;
  readonly ruling: Ruling;
  readonly salt: string;
  readonly chosen: Chosen;
  /** Columns without a rule whose values turned out to be personal; filled while rows are read. */
  readonly suspicious: Map<SnapshotColumn, Undecided>;
}

/** In PostgreSQL's text form, in the order of the part's columns. */
export type TextRow = readonly (string | null)[];

/** A batch at a time, in the order of the key: the same rows make the same file. Errors: SEED_SNAPSHOT_COLLISION, SEED_SNAPSHOT_CHECK. */
export async function* rowsOf(reading: Reading, part: Part): AsyncGenerator<readonly TextRow[], void> {
  const { session, ruling, salt, chosen } = reading;
  const { table, columns } = part;
  const replaces = columns.map(({ name }): Replace | undefined => {
    const ruled = ruling.replaced.get(table)?.get(name);
    return ruled && replacerOf(ruled, salt);
  });
  const check = checkerOf(session, table, columns, new Set(columns.flatMap(({ name }, i) => (replaces[i] ? [name] : []))));
  const watched = columns.flatMap((column, i) => (!replaces[i] && !ruling.kept.has(column) && mayHoldText(column) ? [{ column, i }] : []));
  for await (const batch of fetchRows<Record<string, string | null>>(session, queryOf(part, chosen.get(table.oid) ?? new Map()))) {
    const rows = batch.map((row): TextRow => replaces.map((replace, i) => replaced(row[`c${i + 1}`] ?? null, replace)));
    await check?.(rows);
    for (const { column, i } of watched) {
      if (rows.some((row) => holdsEmail.test(row[i] ?? ""))) reading.suspicious.set(column, found(part, column));
    }
    yield rows;
  }
}

const replaced = (value: string | null, replace: Replace | undefined): string | null => (replace ? replace(value) : value);

const mayHoldText = (column: SnapshotColumn): boolean => !column.enumerated && ["text", "json", "other"].includes(familyOf(column));

/** What replaces texts in which an e-mail address was found. */
const kindOfFound: Partial<Record<Family, SnapshotKind>> = { text: "text", json: "json" };

function found({ table }: Part, column: SnapshotColumn): Undecided {
  return { column: `${shortName(table)}.${column.name}`, type: column.type, rule: kindOfFound[familyOf(column)] ?? "null" };
}

function queryOf({ table, columns, late }: Part, places: Places): string {
  const texts = columns.map(({ name }, i) => `t.${quoteIdentifier(name)}::pg_catalog.text as c${i + 1}`);
  const key = fileKey(table)?.map((name) => `t.${quoteIdentifier(name)}`) ?? ["t::pg_catalog.text"];
  const given = late.map((name) => `t.${quoteIdentifier(name)} is not null`).join(" or ");
  return `select ${texts.join(", ")} from ${fromTable(table)} t
    where ${isOneOf("t", table, places)}${given === "" ? "" : ` and (${given})`} order by ${key.join(", ")}`;
}
