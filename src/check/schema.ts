/** Schema: what the catalog and the statistics say, read once in the snapshot of a run. Rules are pure functions of it. */
import type { Row, Session } from "../core/engine.ts";
import { quoteIdentifier } from "../core/sql.ts";
import type { TableName } from "./rule.ts";
import { statements } from "./schema-sql.ts";

export interface Column {
  readonly number: number;
  readonly name: string;
  /** As it is declared: `numeric(12,2)`. */
  readonly type: string;
  /** Of the base type, without a domain or a modifier: `int4`, `timestamptz`. */
  readonly base: string;
  readonly notNull: boolean;
  /** False where the collation compares case-insensitively or otherwise loosely. */
  readonly deterministic: boolean;
}

export interface Table extends TableName {
  readonly oid: number;
  readonly kind: "r" | "p" | "f";
  readonly isPartition: boolean;
  readonly columns: readonly Column[];
  /** The planner's estimate; 0 where it has none. */
  readonly rows: number;
  readonly sizeBytes: number;
  /** Share of the pages whose rows everybody sees, 0 to 1: what an index-only scan does not have to look up. */
  readonly allVisible: number;
  readonly rls: boolean;
  readonly policies: number;
  /** Policies hide rows of it from this session. */
  readonly hidden: boolean;
  readonly readable: boolean;
  readonly deadRows: number;
  readonly liveRows: number;
  readonly scans: number;
  readonly changedSinceAnalyze: number;
  /** Days since the last VACUUM, by hand or not; null for never. */
  readonly vacuumedDays: number | null;
  readonly analyzedDays: number | null;
}

export interface Constraint {
  readonly name: string;
  readonly table: number;
  /** primary key, unique, foreign key, check, exclusion. */
  readonly type: "p" | "u" | "f" | "c" | "x";
  readonly columns: readonly number[];
  readonly parent: number;
  readonly parentColumns: readonly number[];
  readonly validated: boolean;
  readonly enforced: boolean;
  /** ON DELETE: no action, restrict, cascade, set null, set default. */
  readonly onDelete: "a" | "r" | "c" | "n" | "d" | " ";
  /** Belongs to a partition and follows from its table's. */
  readonly inherited: boolean;
}

export interface Index {
  readonly oid: number;
  readonly schema: string;
  readonly name: string;
  readonly table: number;
  readonly method: string;
  /** Key columns; 0 stands for an expression. */
  readonly columns: readonly number[];
  /** Everything that makes two indexes equal, beside their columns. */
  readonly signature: string;
  readonly predicate: string | null;
  readonly expressions: string | null;
  readonly unique: boolean;
  readonly primary: boolean;
  readonly valid: boolean;
  /** Backs a constraint, a foreign key's parent side included. */
  readonly constrains: boolean;
  readonly replicaIdentity: boolean;
  /** Belongs to an index of the partitioned table. */
  readonly inherited: boolean;
  readonly sizeBytes: number;
  readonly scans: number;
  readonly collations: readonly number[];
}

export interface Sequence {
  readonly schema: string;
  readonly name: string;
  /** Null where it was never used or may not be read. */
  readonly last: number | null;
  readonly readable: boolean;
  readonly max: number;
  readonly increment: number;
  /** The column that it feeds. */
  readonly table: number | null;
  readonly column: number | null;
}

export interface Collation {
  readonly oid: number;
  readonly name: string;
  readonly recorded: string;
  readonly actual: string;
}

export interface Schema {
  readonly version: number;
  readonly role: string;
  readonly database: string;
  /** When the snapshot was taken. */
  readonly at: Date;
  readonly searchPath: readonly string[];
  /** How long the statistics have been collected. */
  readonly statisticsDays: number;
  readonly tables: readonly Table[];
  readonly constraints: readonly Constraint[];
  readonly indexes: readonly Index[];
  readonly sequences: readonly Sequence[];
  /** Collations whose rules changed since what they sorted was written. */
  readonly collations: readonly Collation[];
  /** Extension → its schema. */
  readonly extensions: ReadonlyMap<string, string>;
  table(oid: number): Table | undefined;
  /** The constraints of a table of one type. */
  constraintsOf(table: Table, type: Constraint["type"]): readonly Constraint[];
  indexesOf(table: Table): readonly Index[];
}

/** Reads the catalog in one message; `only` leaves out the tables of other schemas. */
export async function readSchema(session: Session, only: readonly string[] = []): Promise<Schema> {
  const { rows } = await session.query<{ version: number }>("select current_setting('server_version_num')::int as version");
  const version = rows[0]?.version ?? 0;
  const results = await session.script(statements(version).join(";\n"));
  const [facts = [], tables = [], columns = [], constraints = [], indexes = [], sequences = [], collations = [], extensions = []] =
    results.map((result) => result.rows);
  const columnsOf = Map.groupBy(columns, ({ table }) => table as number);
  const chosen = tables
    .filter(({ schema }) => only.length === 0 || only.includes(schema as string))
    .map((row) => ({ ...row, columns: columnsOf.get(row["oid"] as number) ?? [] }));
  return schemaOf({ version, facts: facts[0] ?? {}, tables: chosen, constraints, indexes, sequences, collations, extensions });
}

interface Parts {
  readonly version: number;
  readonly facts: Row;
  readonly tables: readonly Row[];
  readonly constraints: readonly Row[];
  readonly indexes: readonly Row[];
  readonly sequences: readonly Row[];
  readonly collations: readonly Row[];
  readonly extensions: readonly Row[];
}

function schemaOf({ version, facts, extensions, sequences, collations, ...parts }: Parts): Schema {
  const tables = parts.tables as Table[];
  const byOid = new Map(tables.map((table) => [table.oid, table]));
  const constraints = (parts.constraints as Constraint[]).filter(({ table }) => byOid.has(table));
  const indexes = (parts.indexes as Index[]).filter(({ table }) => byOid.has(table));
  const constraintsByTable = Map.groupBy(constraints, ({ table }) => table);
  const indexesByTable = Map.groupBy(indexes, ({ table }) => table);
  return {
    ...(facts as Pick<Schema, "role" | "database" | "at" | "searchPath" | "statisticsDays">),
    version,
    tables,
    constraints,
    indexes,
    sequences: (sequences as Sequence[]).filter(({ table }) => table === null || byOid.has(table)),
    collations: collations as Collation[],
    extensions: new Map(extensions.map(({ name, schema }) => [name as string, schema as string])),
    table: (oid) => byOid.get(oid),
    constraintsOf: ({ oid }, type) => constraintsByTable.get(oid)?.filter((constraint) => constraint.type === type) ?? [],
    indexesOf: ({ oid }) => indexesByTable.get(oid) ?? [],
  };
}

/** The columns of these numbers, in their order; expressions are left out. */
export function columnsOf({ columns }: Table, numbers: readonly number[]): readonly Column[] {
  return numbers.flatMap((number) => columns.find((column) => column.number === number) ?? []);
}

export function primaryKeyOf(schema: Schema, table: Table): readonly Column[] {
  return columnsOf(table, schema.constraintsOf(table, "p")[0]?.columns ?? []);
}

/** A valid B-tree whose first columns are these, in whatever order, and that holds every row in which they are set. */
export function indexOn(schema: Schema, table: Table, columns: readonly number[]): Index | undefined {
  return schema
    .indexesOf(table)
    .find(
      (index) =>
        index.valid &&
        index.method === "btree" &&
        columns.every((column) => index.columns.slice(0, columns.length).includes(column)) &&
        (index.predicate === null || isNotNull(index.predicate, columnsOf(table, columns))),
    );
}

function isNotNull(predicate: string, columns: readonly Column[]): boolean {
  return columns.some(({ name }) => [`(${name} IS NOT NULL)`, `(${quoteIdentifier(name)} IS NOT NULL)`].includes(predicate));
}

/** Ordinary and partitioned tables; a partition's rows are its table's. */
export function ownTables({ tables }: Schema): readonly Table[] {
  return tables.filter(({ kind, isPartition }) => kind !== "f" && !isPartition);
}

/** `public.orders` */
export function nameOf({ schema, table }: TableName): string {
  return `${schema}.${table}`;
}
