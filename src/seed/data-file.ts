/**
 * `.csv` and `.jsonl` seeders: data that PostgreSQL reads itself, by COPY into a staging table, and then an upsert from
 * there. What the file declares stands beside it, in `<file>.json`: a comment in a CSV file would be data to everybody else.
 */
import { createReadStream, existsSync, readFileSync } from "node:fs";
import { asStewardError, failure } from "../core/errors.ts";
import { sha256 } from "../core/hash.ts";
import { quoteIdentifier } from "../core/sql.ts";
import { declared, refuseUnknown, withoutNumber } from "./declare.ts";
import { seedErrors } from "./errors.ts";
import type { DataAccess, SeederFile } from "./file.ts";
import { type Column, columnsNamed, identifierOf, nameOf, refuseAmbiguousKey, refuseHidden, type Table } from "./table.ts";
import { type Given, overridingOf, upsertStatement } from "./upsert.ts";

type Format = "csv" | "jsonl";

interface DataFile {
  readonly path: string;
  readonly format: Format;
  readonly tableName: string;
  readonly key: readonly string[] | undefined;
  readonly update: boolean;
  /** Names of the first line of a .csv file. */
  readonly header: readonly string[];
  /** Bytes before the text begins: a byte order mark. */
  readonly skip: number;
}

export function readData(name: string, path: string, format: Format, bytes: Uint8Array): SeederFile {
  const beside = `${path}.json`;
  const text = existsSync(beside) ? readFileSync(beside, "utf8") : "";
  const facts = text === "" ? {} : parseFacts(beside, text);
  refuseUnknown(beside, Object.keys(facts), ["table", "key", "update"]);
  const { table, key, update } = facts as { table?: string; key?: readonly string[]; update?: boolean };
  const skip = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  const header = format === "csv" ? headerOf(path, bytes.subarray(skip)) : [];
  const file: DataFile = { path, format, tableName: table ?? withoutNumber(name), key, update: update ?? true, header, skip };
  return {
    ...declared(beside, name, facts),
    name,
    path,
    kind: format,
    hash: sha256(`${sha256(bytes)} ${sha256(text)}`),
    run: ({ data }) => load(data, file),
  };
}

function parseFacts(path: string, text: string): Readonly<Record<string, unknown>> {
  try {
    const facts: unknown = JSON.parse(text);
    if (typeof facts === "object" && facts !== null && !Array.isArray(facts)) return facts as Record<string, unknown>;
  } catch {
    // Told below.
  }
  throw failure(seedErrors, "SEED_FILE_INVALID", { path, problem: "it holds no JSON object" });
}

/** The first line's names: separated by commas, in quotes where they hold one. */
function headerOf(path: string, bytes: Uint8Array): readonly string[] {
  const end = bytes.indexOf(10);
  const line = Buffer.from(bytes.subarray(0, end < 0 ? undefined : end))
    .toString("utf8")
    .replace(/\r$/, "");
  const names = [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
    ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain?.trim() ?? "",
  );
  if (names.length === 0 || names.includes("")) {
    throw failure(seedErrors, "SEED_FILE_INVALID", { path: `${path}:1`, problem: "its first line does not name the columns" });
  }
  return names;
}

/** A group of rows that fill the same columns. */
interface Group {
  readonly columns: readonly Column[];
  readonly relation: string;
  readonly values: readonly unknown[];
}

async function load(data: DataAccess, file: DataFile): Promise<void> {
  const table = await data.table(file.tableName);
  refuseHidden(table);
  const groups = file.format === "csv" ? [await stageCsv(data, table, file)] : await stageJsonl(data, table, file);
  for (const group of groups) {
    const names = group.columns.map(({ name }) => name);
    const key = keyOf(table, file, names);
    if (key) await upsertGroup(data, table, file, group, key);
    else await insertGroup(data, table, group);
  }
}

/** The declared key, else the primary key where the data has it. */
function keyOf(table: Table, { key, path }: DataFile, names: readonly string[]): readonly string[] | undefined {
  const { primaryKey } = table;
  const chosen = key ?? (primaryKey.length > 0 && primaryKey.every((name) => names.includes(name)) ? primaryKey : undefined);
  if (!chosen) return undefined;
  refuseAmbiguousKey(table, chosen);
  const missing = chosen.find((name) => !names.includes(name));
  if (missing !== undefined)
    throw failure(seedErrors, "SEED_FILE_INVALID", { path, problem: `it has no ${missing}, which is part of the key` });
  return chosen;
}

async function stageCsv(data: DataAccess, table: Table, file: DataFile): Promise<Group> {
  const columns = columnsNamed(table, file.header);
  const definitions = columns.map(({ type }, i) => `c${i + 1} ${type}`).join(", ");
  await data.session.script(`create temporary table pgsteward_rows (n int4 generated always as identity, ${definitions}) on commit drop`);
  const list = columns.map((_, i) => `c${i + 1}`).join(", ");
  await copy(data, file, columns, `copy pg_temp.pgsteward_rows (${list}) from stdin with (format csv, header)`);
  return { columns, relation: "pg_temp.pgsteward_rows", values: [] };
}

/** Lines may name different columns: those that name the same ones are written together. */
async function stageJsonl(data: DataAccess, table: Table, file: DataFile): Promise<readonly Group[]> {
  const { session } = data;
  await session.script("create temporary table pgsteward_rows (n int4 generated always as identity, line pg_catalog.json) on commit drop");
  // One column that takes a line as it is: neither sign can occur in JSON.
  await copy(data, file, [], "copy pg_temp.pgsteward_rows (line) from stdin with (format csv, quote e'\\x01', delimiter e'\\x02')");
  const { rows } = await session.query<{ keys: string[] }>(`
    select distinct (select array_agg(k order by k) from pg_catalog.json_object_keys(r.line) k) as keys
    from pg_temp.pgsteward_rows r where r.line is not null`);
  return rows.map(({ keys }) => {
    const columns = columnsNamed(table, keys);
    const record = columns.map(({ name, type }) => `${quoteIdentifier(name)} ${type}`).join(", ");
    const picked = columns.map(({ name }, i) => `j.${quoteIdentifier(name)} as c${i + 1}`).join(", ");
    return {
      columns,
      relation: `(select r.n, ${picked} from pg_temp.pgsteward_rows r cross join lateral pg_catalog.json_to_record(r.line) j(${record})
        where r.line is not null and (select array_agg(k order by k) from pg_catalog.json_object_keys(r.line) k) = $1)`,
      values: [keys],
    };
  });
}

/** A line that PostgreSQL cannot read is told with the file's line and column. */
async function copy({ session }: DataAccess, { path, skip }: DataFile, columns: readonly Column[], statement: string): Promise<void> {
  try {
    await session.copyIn(statement, createReadStream(path, { start: skip }));
  } catch (thrown) {
    const error = asStewardError(thrown);
    const [, line, at] =
      /COPY pgsteward_rows, line (\d+)(?:, column c(\d+))?/.exec((error.data["where"] as string | undefined) ?? "") ?? [];
    const column = at === undefined ? undefined : columns[Number(at) - 1]?.name;
    if (line === undefined) throw error;
    const text = column === undefined ? error.data["text"] : `${column}: ${String(error.data["text"])}`;
    throw Object.assign(error, { message: text, data: { ...error.data, text, line: Number(line) } });
  }
}

async function upsertGroup(data: DataAccess, table: Table, file: DataFile, group: Group, key: readonly string[]): Promise<void> {
  await refuseRepeated(data, file, group, key);
  const given: Given = { ...group, relation: `${group.relation} staged` };
  const statement = upsertStatement(table, given, { key, update: file.update }, data.id, "counts");
  const { rows } = await data.session.query<{ state: string; rows: number; given: number }>(statement, group.values);
  const ambiguous = rows.find((one) => one.rows !== one.given);
  if (ambiguous) throw failure(seedErrors, "SEED_KEY_AMBIGUOUS", { table: nameOf(table), key: key.join(", ") });
  const unchanged = rows.find(({ state }) => state === "unchanged")?.rows ?? 0;
  data.filled(
    table,
    group.columns.map(({ name }) => name),
    unchanged,
  );
}

async function refuseRepeated(
  { session }: DataAccess,
  { path }: DataFile,
  { columns, relation, values }: Group,
  key: readonly string[],
): Promise<void> {
  const names = key.map((name) => `g.c${columns.findIndex((column) => column.name === name) + 1}`);
  const { rows } = await session.query<{ key: string }>(
    `select pg_catalog.concat_ws(', ', ${names.join(", ")}) as key from ${relation} g
     group by ${names.join(", ")} having count(*) > 1 limit 1`,
    values,
  );
  const repeated = rows[0];
  if (repeated)
    throw failure(seedErrors, "SEED_FILE_INVALID", { path, problem: `more than one line has ${key.join(", ")} ${repeated.key}` });
}

/** Without a key nothing tells whether a row is there already: the file is loaded once, and a trigger records the rows. */
async function insertGroup(data: DataAccess, table: Table, { columns, relation, values }: Group): Promise<void> {
  await data.watch([nameOf(table)]);
  const names = columns.map(({ name }) => quoteIdentifier(name)).join(", ");
  const list = columns.map((_, i) => `c${i + 1}`).join(", ");
  const into = `${identifierOf(table).text} (${names}) ${overridingOf(columns)}`;
  await data.session.query(`insert into ${into} select ${list} from ${relation} g order by n`, values);
}
