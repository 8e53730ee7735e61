/** Writing rows as seeders: CSV as COPY reads it, and beside it what it declares; or SQL, where tables can only come together. */
import { open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { sha256 } from "../../core/hash.ts";
import { literal, quoteIdentifier } from "../../core/sql.ts";
import { fileKey, type Part } from "./order.ts";
import { type Reading, rowsOf, type TextRow } from "./rows.ts";
import { relationOf, type SnapshotTable } from "./shape.ts";

// As in core/hash.ts: `import … from "node:crypto"` costs 5 ms CPU of each start.
const { createHash } = process.getBuiltinModule("node:crypto");

/** sha256 by name. */
export type Files = Readonly<Record<string, string>>;

const environments = ["development", "testing", "staging", "demo"];

/** Writes the parts into `<name>.csv`, or `<name>.sql` where there are several. */
export async function writeSeeder(dir: string, name: string, parts: readonly Part[], reading: Reading): Promise<Files> {
  const [part, ...more] = parts;
  if (!part || more.length > 0) return { [`${name}.sql`]: await writeTexts(join(dir, `${name}.sql`), sqlOf(parts, reading)) };
  const facts = factsOf(part.table);
  await writeFile(join(dir, `${name}.csv.json`), facts);
  return {
    [`${name}.csv`]: await writeTexts(join(dir, `${name}.csv`), csvOf(part, reading)),
    [`${name}.csv.json`]: sha256(facts),
  };
}

/** Resolves to the content's sha256. */
async function writeTexts(path: string, texts: AsyncIterable<string>): Promise<string> {
  const hash = createHash("sha256");
  const file = await open(path, "w");
  try {
    for await (const text of texts) {
      hash.update(text);
      await file.write(text);
    }
  } finally {
    await file.close();
  }
  return hash.digest("hex");
}

async function* csvOf(part: Part, reading: Reading): AsyncGenerator<string, void> {
  yield `${part.columns.map(({ name }) => `"${name.replaceAll('"', '""')}"`).join(",")}\n`;
  for await (const rows of rowsOf(reading, part)) yield rows.map((row) => `${row.map(csvField).join(",")}\n`).join("");
}

/** One statement: foreign keys are checked at its end, when all rows are there, whether they can be deferred or not. */
async function* sqlOf(parts: readonly Part[], reading: Reading): AsyncGenerator<string, void> {
  yield `-- pgsteward: category=snapshot environments=${environments.join(",")}\nwith\n`;
  for (const [i, part] of parts.entries()) {
    const columns = part.columns.map(({ name }) => quoteIdentifier(name)).join(", ");
    yield `${i === 0 ? "" : "),\n"}part_${i + 1} as (insert into ${relationOf(part.table)} (${columns}) overriding system value values`;
    let separator = "\n";
    for await (const rows of rowsOf(reading, part)) {
      yield `${separator}${rows.map(sqlRow).join(",\n")}`;
      separator = ",\n";
    }
    yield "\non conflict do nothing";
  }
  yield ")\nselect;\n";
}

const sqlRow = (row: TextRow): string => `(${row.map(literal).join(", ")})`;

/** Nothing between two commas is null, two quotes are an empty text. `\.` alone would end the data. */
export function csvField(value: string | null): string {
  if (value === null) return "";
  return value === "" || /[",\r\n\\]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

function factsOf(table: SnapshotTable): string {
  const key = fileKey(table);
  const facts = {
    table: `${table.schema}.${table.name}`,
    ...(key && { key }),
    category: "snapshot",
    environments,
  };
  return `${JSON.stringify(facts, null, 2)}\n`;
}
