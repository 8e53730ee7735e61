/** The rows of a bench, compared by hashes. */
import type { Bench } from "./replay.ts";

/** Tables with rows of their own, quoted and qualified. */
export async function tablesOf({ session, ignoreSchemas }: Pick<Bench, "session" | "ignoreSchemas">): Promise<readonly string[]> {
  const { rows } = await session.query<{ table: string }>(
    `select pg_catalog.format('%I.%I', n.nspname, c.relname) as table
     from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where c.relkind = 'r' and n.nspname !~ '^pg_' and n.nspname <> all ($1) order by 1`,
    [["information_schema", "pgsteward", ...ignoreSchemas]],
  );
  return rows.map(({ table }) => table);
}

/** A hash of the rows of each table. Columns go by name: their order is what two ways to a schema may honestly differ in. */
export async function rowHashes(bench: Pick<Bench, "session" | "ignoreSchemas">): Promise<ReadonlyMap<string, string>> {
  const hashes = new Map<string, string>();
  for (const table of await tablesOf(bench)) {
    const { rows } = await bench.session.query<{ hash: string }>(
      `select coalesce(pg_catalog.md5(pg_catalog.string_agg(t.line, e'\\n' order by t.line)), '') as hash
       from (select pg_catalog.to_jsonb(r)::text as line from ${table} r) t`,
    );
    hashes.set(table, rows[0]?.hash ?? "");
  }
  return hashes;
}
