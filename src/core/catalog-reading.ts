/** One way to read catalogs: the same settings for every reading, so that the same object gives the same text. */
import type { Reading } from "./catalog-sql.ts";
import type { Row, Rows, Session } from "./engine.ts";
import { sqlstate } from "./errors.ts";
import { literal } from "./sql.ts";

/**
 * Deparsed expressions depend on these: names on search_path, constants of dates, floats and bytea on their formats.
 * jit is for us: compiling takes ten times as long as the query.
 */
const settings: Readonly<Record<string, string>> = {
  search_path: "pg_catalog, pg_temp",
  datestyle: "ISO, MDY",
  intervalstyle: "postgres",
  timezone: "UTC",
  bytea_output: "hex",
  extra_float_digits: "1",
  quote_all_identifiers: "off",
  standard_conforming_strings: "on",
  lc_monetary: "C",
  jit: "off",
};

/** What each statement answered, in their order. */
export interface Read {
  readonly version: number;
  readonly results: readonly (readonly Row[])[];
}

/**
 * Runs statements in two round trips, under AccessShare locks only; alone or in an open transaction, which fails with it when
 * DDL of others comes in between. Errors: SQL_ERROR.
 */
export async function readStatements(
  session: Session,
  ignoreSchemas: readonly string[],
  statements: (reading: Reading) => readonly string[],
): Promise<Read> {
  const { version, before } = await settingsBefore(session);
  const hidden = ["information_schema", "pgsteward", ...ignoreSchemas];
  const reading: Reading = { version, hidden: `array[${hidden.map(literal).join(", ")}]::pg_catalog.name[]` };
  // One message is one transaction: what is set for it ends with it, except in an open transaction, where we put it back.
  const results = await patiently(session, [setting(settings), ...statements(reading), setting(before)].join(";\n"));
  return { version, results: results.slice(1, -1).map(({ rows }) => rows) };
}

/** Tries again when the DDL of others dropped an object (XX000) between the statement that found it and the function that describes it. */
async function patiently(session: Session, text: string): Promise<Rows<Row>[]> {
  let failed: unknown;
  for (let attempt = 1; attempt <= 10; attempt++) {
    try {
      return await session.script(text);
    } catch (error) {
      // In an open transaction the second attempt fails with 25P02, and the first one said why.
      failed ??= error;
      if (sqlstate(error) !== "XX000") break;
    }
  }
  throw failed;
}

async function settingsBefore(session: Session): Promise<{ version: number; before: Record<string, string> }> {
  const names = Object.keys(settings).map((name) => `${literal(name)}, pg_catalog.current_setting(${literal(name)})`);
  const { rows } = await session.query<{ version: number; before: Record<string, string> }>(`
    select pg_catalog.current_setting('server_version_num')::pg_catalog.int4 as version,
      pg_catalog.json_build_object(${names.join(", ")}) as before`);
  return rows[0] as { version: number; before: Record<string, string> };
}

function setting(values: Readonly<Record<string, string>>): string {
  const calls = Object.entries(values).map(([name, value]) => `pg_catalog.set_config(${literal(name)}, ${literal(value)}, true)`);
  return `select ${calls.join(", ")}`;
}
