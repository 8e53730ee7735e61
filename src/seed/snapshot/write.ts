/** Writing the rows of a table as a seeder: CSV as COPY reads it, and beside it what it declares. */
import { open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Session } from "../../core/engine.ts";
import { sha256 } from "../../core/hash.ts";
import { quoteIdentifier } from "../../core/sql.ts";
import { checkerOf } from "./checks.ts";
import { type Family, familyOf, holdsEmail, type Kind } from "./kinds.ts";
import { fileKey, type Part } from "./order.ts";
import { fetchRows, fromTable, isOneOf, type Places } from "./places.ts";
import { type Replace, replacerOf } from "./replace.ts";
import type { Ruling, Undecided } from "./rules.ts";
import { type SnapshotColumn, type SnapshotTable, shortName } from "./shape.ts";

// As in core/hash.ts: `import … from "node:crypto"` costs 5 ms CPU of each start.
const { createHash } = process.getBuiltinModule("node:crypto");

export interface Written {
  readonly rows: number;
  /** sha256 by name. */
  readonly files: Readonly<Record<string, string>>;
  /** Columns without a rule whose values turned out to be personal. */
  readonly suspicious: readonly Undecided[];
}

export interface Writing {
  readonly session: Session;
  readonly ruling: Ruling;
  readonly salt: string;
  /** Where the files are written. */
  readonly dir: string;
}

/** Writes `<name>.csv` and `<name>.csv.json`. Errors: SEED_SNAPSHOT_COLLISION, SEED_SNAPSHOT_CHECK. */
export async function writePart(writing: Writing, name: string, part: Part, places: Places): Promise<Written> {
  const { session, ruling, salt, dir } = writing;
  const { table, columns } = part;
  const rules = ruling.replaced.get(table) ?? new Map();
  const replaces = columns.map((column): Replace | undefined => {
    const ruled = rules.get(column.name);
    return ruled && replacerOf(ruled, salt);
  });
  const check = checkerOf(session, table, columns, new Set(columns.filter((_, i) => replaces[i]).map((column) => column.name)));
  const watched = columns.map((column, i) => replaces[i] === undefined && !ruling.kept.has(column) && mayHoldText(column));
  const suspicious = new Set<SnapshotColumn>();
  const hash = createHash("sha256");
  const file = await open(join(dir, `${name}.csv`), "w");
  let written = 0;
  try {
    const put = async (text: string): Promise<void> => {
      hash.update(text);
      await file.write(text);
    };
    await put(`${columns.map((column) => `"${column.name.replaceAll('"', '""')}"`).join(",")}\n`);
    for await (const batch of fetchRows<Record<string, string | null>>(session, queryOf(part, places))) {
      const rows = batch.map((row) => columns.map((_, i) => replaced(row[`c${i + 1}`] ?? null, replaces[i])));
      for (const row of rows)
        row.forEach((value, i) => value !== null && watched[i] && holdsEmail.test(value) && suspicious.add(columns[i] as SnapshotColumn));
      await check?.(rows);
      await put(rows.map((row) => `${row.map(csvField).join(",")}\n`).join(""));
      written += rows.length;
    }
  } finally {
    await file.close();
  }
  const facts = factsText(table);
  await writeFile(join(dir, `${name}.csv.json`), facts);
  return {
    rows: written,
    files: { [`${name}.csv`]: hash.digest("hex"), [`${name}.csv.json`]: sha256(facts) },
    suspicious: [...suspicious].map((column) => ({
      column: `${shortName(table)}.${column.name}`,
      type: column.type,
      rule: kindOfFound[familyOf(column)] ?? "null",
    })),
  };
}

const replaced = (value: string | null, replace: Replace | undefined): string | null => (replace ? replace(value) : value);

/** What replaces texts in which an e-mail address was found. */
const kindOfFound: Partial<Record<Family, Kind>> = { text: "text", json: "json" };

const mayHoldText = (column: SnapshotColumn): boolean => !column.enumerated && ["text", "json", "other"].includes(familyOf(column));

/** In the order of the key: the same rows make the same file. */
function queryOf({ table, columns, late }: Part, places: Places): string {
  const texts = columns.map(({ name }, i) => `t.${quoteIdentifier(name)}::pg_catalog.text as c${i + 1}`);
  const key = fileKey(table)?.map((name) => `t.${quoteIdentifier(name)}`) ?? ["t::pg_catalog.text"];
  const given = late.map((name) => `t.${quoteIdentifier(name)} is not null`).join(" or ");
  return `select ${texts.join(", ")} from ${fromTable(table)} t
    where ${isOneOf("t", table, places)}${given === "" ? "" : ` and (${given})`} order by ${key.join(", ")}`;
}

/** Nothing between two commas is null, two quotes are an empty text. `\.` alone would end the data. */
export function csvField(value: string | null): string {
  if (value === null) return "";
  return value === "" || /[",\r\n\\]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

function factsText(table: SnapshotTable): string {
  const key = fileKey(table);
  // The server numbers such a column itself, and takes no update of it.
  const update = table.columns.some(({ name, identityAlways }) => identityAlways && !key?.includes(name)) ? { update: false } : {};
  const facts = {
    table: `${table.schema}.${table.name}`,
    ...(key && { key }),
    ...update,
    category: "snapshot",
    environments: ["development", "testing", "staging", "demo"],
  };
  return `${JSON.stringify(facts, null, 2)}\n`;
}
