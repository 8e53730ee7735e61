/** Loading where COPY is refused: arrays of a thousand rows, one parameter for each column. */
import type { Session } from "../../core/engine.ts";
import { id, quoteIdentifier } from "../../core/sql.ts";

export interface ArraySource {
  readonly schema: string;
  readonly table: string;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: number;
  /** Values in PostgreSQL's text format. */
  row(row: number): readonly (string | null)[];
}

const batchRows = 1_000;

/** Resolves to how many rows were not there yet. Columns of `late` stay null. */
export async function loadArrays(
  session: Session,
  source: ArraySource,
  late: readonly string[],
  made: (rows: number) => void,
): Promise<number> {
  const { columns, rows } = source;
  const names = columns.map(({ name }) => quoteIdentifier(name));
  const parameters = columns.map((_, i) => `$${i + 1}::pg_catalog.text[]`);
  const values = columns.map(({ name, type }) => (late.includes(name) ? "null" : `r.${quoteIdentifier(name)}::${type}`));
  const statement = `
    insert into ${id(source.schema, source.table).text} (${names.join(", ")}) overriding system value
    select ${values.join(", ")} from rows from (${parameters.map((parameter) => `pg_catalog.unnest(${parameter})`).join(", ")}) r (${names.join(", ")})
    on conflict do nothing`;
  let inserted = 0;
  for (let from = 0; from < rows; from += batchRows) {
    const to = Math.min(rows, from + batchRows);
    inserted += (await session.query(statement, columnsOf(source, from, to))).count;
    made(to);
  }
  return inserted;
}

/** Sets the columns of `late`, which were left null, where the row is still as it was inserted. */
export async function fillLateArrays(
  session: Session,
  source: ArraySource,
  key: readonly string[],
  late: readonly string[],
): Promise<void> {
  const { columns, rows } = source;
  const used = columns.filter(({ name }) => key.includes(name) || late.includes(name));
  const typed = (name: string): string => `r.${quoteIdentifier(name)}::${columns.find((column) => column.name === name)?.type}`;
  const statement = `
    update ${id(source.schema, source.table).text} t set ${late.map((name) => `${quoteIdentifier(name)} = ${typed(name)}`).join(", ")}
    from rows from (${used.map((_, i) => `pg_catalog.unnest($${i + 1}::pg_catalog.text[])`).join(", ")}) r (${used.map(({ name }) => quoteIdentifier(name)).join(", ")})
    where ${key.map((name) => `t.${quoteIdentifier(name)} = ${typed(name)}`).join(" and ")}
      and (${late.map((name) => `t.${quoteIdentifier(name)} is null and r.${quoteIdentifier(name)} is not null`).join(" or ")})`;
  for (let from = 0; from < rows; from += batchRows) {
    const all = columnsOf(source, from, Math.min(rows, from + batchRows));
    await session.query(
      statement,
      used.map((column) => all[columns.indexOf(column)]),
    );
  }
}

function columnsOf({ columns, row }: ArraySource, from: number, to: number): (string | null)[][] {
  const lists = columns.map((): (string | null)[] => []);
  for (let at = from; at < to; at++) row(at).forEach((value, i) => lists[i]?.push(value));
  return lists;
}
