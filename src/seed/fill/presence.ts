/**
 * Whether all rows of a filling are there already: a hash over their keys, computed here and by the server, which costs a second
 * run a scan of the keys instead of a load. Keys of integers, uuids, dates and texts; of other keys nothing is told.
 */
import { createHash } from "node:crypto";
import type { Session } from "../../core/engine.ts";
import { quoteIdentifier } from "../../core/sql.ts";
import type { Types } from "../../core/type-shapes.ts";
import { baseOf } from "./domain.ts";
import type { FilledTable } from "./table.ts";
import type { Value } from "./value.ts";

/** Its square stays an exact number in JavaScript. */
const modulus = 94_906_249;
const factors = [1, 40_503, 65_521, 52_631, 61_057, 47_581, 33_311, 58_943];

type Part = "integer" | "uuid" | "date" | "text";

export async function isPresent(session: Session, table: FilledTable, types: Types): Promise<boolean> {
  const key = table.shape.uniques.find(({ primary }) => primary)?.columns as readonly string[] | undefined;
  const parts = key?.map((name) => partOf(table, name, types)) ?? [];
  if (!key || key.length > factors.length || parts.includes(undefined)) return false;
  const expected = expectedHash(table, key, parts as Part[]);
  const terms = key.map((name, i) => `${wordOf(quoteIdentifier(name), parts[i] as Part)} % ${modulus} * ${factors[i]} % ${modulus}`);
  const range = parts[0] === "integer" ? `where ${quoteIdentifier(key[0] as string)} between ${expected.least} and ${expected.most}` : "";
  const { rows } = await session.query<{ rows: bigint; hash: string }>(`
    select count(*) as rows, coalesce(sum(h % ${modulus} * (h % ${modulus}) % ${modulus}), 0)::pg_catalog.text as hash
    from (select (${terms.join(" + ")})::pg_catalog.int8 as h from ${table.shape.id} ${range}) k`);
  return Number(rows[0]?.rows) === table.rows && Number(rows[0]?.hash) === expected.hash;
}

function partOf(table: FilledTable, name: string, types: Types): Part | undefined {
  const shape = types.get(table.shape.columns.find((column) => column.name === name)?.type ?? 0);
  const type = shape?.kind === "d" ? baseOf(shape, types) : shape;
  if (!type) return undefined;
  if (/^int[248]$/.test(type.name)) return "integer";
  if (type.kind === "e" || /^(?:text|varchar)$/.test(type.name)) return "text";
  return type.name === "uuid" || type.name === "date" ? type.name : undefined;
}

/** A number of 32 bits in SQL, the same as `wordIn`. */
function wordOf(column: string, part: Part): string {
  if (part === "integer") return `${column}::pg_catalog.int8`;
  if (part === "date") return `(${column} - date '2000-01-01')::pg_catalog.int8`;
  const hex = part === "uuid" ? `${column}::pg_catalog.text` : `pg_catalog.md5(${column}::pg_catalog.text)`;
  return `('x' || pg_catalog.left(${hex}, 8))::pg_catalog."bit"(32)::pg_catalog.int8`;
}

function expectedHash(table: FilledTable, key: readonly string[], parts: readonly Part[]): { hash: number; least: number; most: number } {
  let hash = 0;
  let least = Number.MAX_SAFE_INTEGER;
  let most = 0;
  const readers = key.map((name) => table.reader(name));
  for (let row = 0; row < table.rows; row++) {
    let h = 0;
    for (let i = 0; i < key.length; i++) {
      const word = wordIn(readers[i]?.(row) ?? null, parts[i] as Part);
      if (i === 0) [least, most] = [Math.min(least, word), Math.max(most, word)];
      h += ((word % modulus) * (factors[i] as number)) % modulus;
    }
    hash += ((h % modulus) * (h % modulus)) % modulus;
  }
  return { hash, least, most };
}

function wordIn(value: Value, part: Part): number {
  if (part === "integer" || part === "date") return value as number;
  if (part === "text")
    return createHash("md5")
      .update(value as string)
      .digest()
      .readUInt32BE(0);
  const text = value as string;
  return ((text.charCodeAt(0) << 24) | (text.charCodeAt(1) << 16) | (text.charCodeAt(2) << 8) | text.charCodeAt(3)) >>> 0;
}
