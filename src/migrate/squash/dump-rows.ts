/** The rows that migrations wrote, as INSERTs that put exactly them back. */
import type { Session } from "../../core/engine.ts";
import { id, literal } from "../../core/sql.ts";
import type { Bench } from "../replay.ts";
import { tablesOf } from "../rows.ts";

/** INSERTs for every table with rows, parents first, and the state of the sequences that were used. Empty where there are no rows. */
export async function dumpRows(bench: Pick<Bench, "session" | "ignoreSchemas">): Promise<string> {
  const tables = await inOrder(bench.session, await tablesOf(bench));
  const inserts: string[] = [];
  for (const table of tables) inserts.push(...(await insertsOf(bench.session, table)));
  return [...inserts, ...(await sequencesOf(bench))].join("\n\n");
}

/** Referenced tables before those that refer to them; what refers in a circle keeps its place. */
async function inOrder(session: Session, tables: readonly string[]): Promise<readonly string[]> {
  const { rows } = await session.query<{ child: string; parent: string }>(`
    select pg_catalog.format('%I.%I', cn.nspname, c.relname) as child, pg_catalog.format('%I.%I', pn.nspname, p.relname) as parent
    from pg_catalog.pg_constraint k
    join pg_catalog.pg_class c on c.oid = k.conrelid join pg_catalog.pg_namespace cn on cn.oid = c.relnamespace
    join pg_catalog.pg_class p on p.oid = k.confrelid join pg_catalog.pg_namespace pn on pn.oid = p.relnamespace
    where k.contype = 'f' and k.conrelid <> k.confrelid`);
  const done = new Set<string>();
  const visit = (table: string, above: ReadonlySet<string>): void => {
    if (done.has(table) || above.has(table)) return;
    for (const { parent } of rows.filter(({ child }) => child === table)) visit(parent, new Set([...above, table]));
    done.add(table);
  };
  for (const table of tables) visit(table, new Set());
  return [...done].filter((table) => tables.includes(table));
}

async function insertsOf(session: Session, table: string): Promise<readonly string[]> {
  const { rows: columns } = await session.query<{ name: string; identity: boolean }>(
    `select a.attname as name, a.attidentity = 'a' as identity from pg_catalog.pg_attribute a
     where a.attrelid = $1::regclass and a.attnum > 0 and not a.attisdropped and a.attgenerated = '' order by a.attnum`,
    [table],
  );
  if (columns.length === 0) return [];
  const names = columns.map(({ name }) => id(name).text);
  const { rows } = await session.query<{ row: (string | null)[] }>(
    `select array[${names.map((name) => `t.${name}::text`).join(", ")}] as row from ${table} t`,
  );
  if (rows.length === 0) return [];
  const values = rows.map(({ row }) => `  (${row.map(literal).join(", ")})`);
  const overriding = columns.some(({ identity }) => identity) ? " overriding system value" : "";
  const insert = `insert into ${table} (${names.join(", ")})${overriding} values\n${values.join(",\n")};`;
  return guarded(table, insert, await guardsOf(session, table));
}

interface Guards {
  readonly triggers: readonly string[];
  readonly forced: boolean;
}

/** What would change the rows, or keep the owner from writing them: put aside for the INSERT, and back. */
function guarded(table: string, insert: string, { triggers, forced }: Guards): readonly string[] {
  const aside = triggers.map((name) => `alter table ${table} disable trigger ${id(name).text};`);
  const back = triggers.map((name) => `alter table ${table} enable trigger ${id(name).text};`);
  const [off, on] = forced
    ? [[`alter table ${table} no force row level security;`], [`alter table ${table} force row level security;`]]
    : [[], []];
  return [[...off, ...aside, insert, ...back, ...on].join("\n")];
}

async function guardsOf(session: Session, table: string): Promise<Guards> {
  const { rows: triggers } = await session.query<{ name: string }>(
    "select tgname as name from pg_catalog.pg_trigger where tgrelid = $1::regclass and not tgisinternal and tgenabled = 'O' order by 1",
    [table],
  );
  const { rows } = await session.query<{ forced: boolean }>(
    "select relforcerowsecurity as forced from pg_catalog.pg_class where oid = $1::regclass",
    [table],
  );
  return { triggers: triggers.map(({ name }) => name), forced: rows[0]?.forced ?? false };
}

async function sequencesOf({ session, ignoreSchemas }: Pick<Bench, "session" | "ignoreSchemas">): Promise<readonly string[]> {
  const { rows } = await session.query<{ sequence: string; value: bigint }>(
    `select pg_catalog.format('%I.%I', s.schemaname, s.sequencename) as sequence, s.last_value as value from pg_catalog.pg_sequences s
     where s.last_value is not null and s.schemaname !~ '^pg_' and s.schemaname <> all ($1) order by 1`,
    [["pgsteward", ...ignoreSchemas]],
  );
  return rows.map(({ sequence, value }) => `select pg_catalog.setval(${literal(sequence)}, ${value});`);
}
