/** ATTACH PARTITION: a valid CHECK that says what the bounds say spares the scan under ACCESS EXCLUSIVE. */
import type { Node, PartitionBoundSpec } from "libpg-query";
import { as, quoted } from "../parse.ts";
import type { LintContext } from "../rule.ts";
import type { Table } from "../schema.ts";
import { alterTable, bareName, madeUp } from "./words.ts";

/** Undefined for bounds over several columns, expressions or hashes: their CHECK has to be written by hand. */
export function attach(
  context: LintContext,
  parent: string,
  partition: string,
  bounds: PartitionBoundSpec | undefined,
): string[] | undefined {
  const table = context.before.tables.get(parent) ?? context.after.tables.get(parent);
  const key = /^(RANGE|LIST) \((\w+|"(?:[^"]|"")+")\)$/.exec(table?.partitionKey ?? "")?.[2];
  if (key === undefined || bounds === undefined || bounds.is_default) return undefined;
  const condition = conditionOf(context, key, bounds);
  if (condition === undefined) return undefined;
  const other = table?.defaultPartition ?? undefined;
  const command = {
    subtype: "AT_AttachPartition",
    def: { PartitionCmd: { name: { relname: "pgsteward_partition", inh: true, relpersistence: "p" }, bound: bounds } },
  } as const;
  const text = alterTable(context, parent, command).replace("pgsteward_partition", () => partition);
  return [
    ...indexesOf(table, context.before.tables.get(partition), partition),
    ...checked(partition, "bounds", `${key} is not null and ${condition}`),
    ...(other === undefined ? [] : checked(other, `not_${bareName(partition)}`, `${key} is not null and not (${condition})`)),
    text,
    dropped(partition, "bounds"),
    ...(other === undefined ? [] : [dropped(other, `not_${bareName(partition)}`)]),
  ];
}

/** A new partition beside a default one: made as a table, then attached. */
export function createPartition(
  context: LintContext,
  parent: string,
  partition: string,
  bounds: PartitionBoundSpec | undefined,
): string[] | undefined {
  const attached = attach(context, parent, partition, bounds);
  return attached && [`create table ${partition} (like ${parent} including all)`, ...attached];
}

/** What ATTACH would build under ACCESS EXCLUSIVE: indexes of the parent that the partition has not. */
function indexesOf(parent: Table | undefined, partition: Table | undefined, name: string): string[] {
  const columnsOf = (table: Table, numbers: readonly number[]): string =>
    numbers.map((number) => quoted(table.columns.find((column) => column.number === number)?.name ?? "")).join(", ");
  if (!parent || !partition) return [];
  const there = partition.indexes.map((index) => `${index.method} ${index.unique} ${columnsOf(partition, index.columns)}`);
  return parent.indexes
    .filter(({ columns, partial }) => !partial && !columns.includes(0))
    .filter((index) => !there.includes(`${index.method} ${index.unique} ${columnsOf(parent, index.columns)}`))
    .map(
      (index) =>
        `create ${index.unique ? "unique " : ""}index concurrently on ${name} using ${index.method} (${columnsOf(parent, index.columns)})`,
    );
}

function checked(table: string, name: string, condition: string): string[] {
  const constraint = madeUp(table, [], name);
  return [
    `alter table ${table} add constraint ${constraint} check (${condition}) not valid`,
    `alter table ${table} validate constraint ${constraint}`,
  ];
}

function dropped(table: string, name: string): string {
  return `alter table ${table} drop constraint ${madeUp(table, [], name)}`;
}

function conditionOf(
  { deparse }: LintContext,
  key: string,
  { strategy, listdatums, lowerdatums, upperdatums }: PartitionBoundSpec,
): string | undefined {
  // "l" and "r": the parser writes the catalog's letters.
  if (String(strategy) === "l") return `${key} in (${(listdatums ?? []).map((datum) => deparse(datum)).join(", ")})`;
  const [lower, upper] = [bound(deparse, lowerdatums), bound(deparse, upperdatums)];
  const parts = [lower && `${key} >= ${lower}`, upper && `${key} < ${upper}`].filter((part) => part !== undefined && part !== "");
  return String(strategy) === "r" && parts.length > 0 ? parts.join(" and ") : undefined;
}

/** MINVALUE and MAXVALUE bound nothing. */
function bound(deparse: (node: Node) => string, datums: readonly Node[] | undefined): string | undefined {
  const [datum] = datums ?? [];
  if (datum === undefined || as(datum, "ColumnRef")) return undefined;
  return deparse(datum);
}
