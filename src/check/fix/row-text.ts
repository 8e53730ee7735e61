/**
 * Rows as arrays of texts, and back. A text is what the type's output function writes and its input function reads:
 * json keeps the order of its keys, jsonb null stays apart from NULL, and a column that was dropped or moved since takes
 * nothing with it (`to_jsonb`, `row_to_json` and `row::text` each lose one of these).
 */
import type { Session } from "../../core/engine.ts";
import { quoteIdentifier, Raw, sql } from "../../core/sql.ts";
import { setLocally } from "./transaction.ts";

/**
 * The columns of a row as `text[]`. A cast to text would not do: it strips the blanks of `bpchar`. `is null` would be true
 * of a composite whose fields are null.
 */
export function textsOf(alias: string, columns: readonly string[]): Raw {
  const texts = columns.map((name) => {
    const column = `${alias}.${quoteIdentifier(name)}`;
    return `case when ${column} is distinct from null then pg_catalog.format('%s', ${column}) end`;
  });
  return new Raw(`array[${texts.join(", ")}]::text[]`);
}

/** A composite literal of some texts of an array: what `record_in` takes, which hands each to the input function of its column. */
export function recordOf(array: string, positions: readonly number[]): Raw {
  const fields = positions.map((at) => String.raw`coalesce('"' || replace(replace(${array}[${at}], '\', '\\'), '"', '""') || '"', '')`);
  return new Raw(`'(' || ${fields.join(" || ',' || ")} || ')'`);
}

/** What the text of a value depends on. Names of objects (regclass) come qualified where the search path is empty. */
const formats: Readonly<Record<string, string>> = {
  datestyle: "ISO, YMD",
  timezone: "UTC",
  intervalstyle: "postgres",
  extra_float_digits: "1",
  bytea_output: "hex",
  lc_monetary: "C",
  xmloption: "content",
  standard_conforming_strings: "on",
  search_path: "",
};

/** Runs `body` with the formats of the quarantine; the transaction's own settings hold again behind it. */
export async function withFormats<T>(session: Session, body: () => Promise<T>): Promise<T> {
  const names = Object.keys(formats);
  const { rows } = await session.query<{ name: string; value: string }>(
    sql`select n.name, pg_catalog.current_setting(n.name) as value from unnest(${names}::text[]) n (name)`,
  );
  await setLocally(session, Object.entries(formats));
  const result = await body();
  await setLocally(
    session,
    rows.map(({ name, value }) => [name, value]),
  );
  return result;
}
