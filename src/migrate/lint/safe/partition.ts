/** ATTACH PARTITION: a valid CHECK that says what the bounds say spares the scan under ACCESS EXCLUSIVE. */
import type { CreateStmt, Node, PartitionBoundSpec, RangeVar } from "libpg-query";
import { splitStatements } from "../../../core/sql-text.ts";
import { as, quoted } from "../parse.ts";
import type { Judged, LintContext } from "../rule.ts";
import type { Index } from "../schema.ts";
import { spelled, type Write, writeLike } from "./wording.ts";
import { bareName, madeUp } from "./words.ts";

export interface Attachment {
  readonly context: LintContext;
  readonly judged: Judged;
  readonly write: Write;
  /** As the statement names them. */
  readonly parent: RangeVar;
  readonly partition: RangeVar;
  readonly bounds: PartitionBoundSpec | undefined;
  /** ALTER TABLE … ATTACH PARTITION. */
  readonly statement: string;
}

/** Undefined for bounds over several columns, expressions or hashes: their CHECK has to be written by hand. */
export function attach(attachment: Attachment): string[] | undefined {
  const { context, write, parent, partition, bounds, statement } = attachment;
  const names = [context.nameOf(parent), context.nameOf(partition)] as const;
  const table = context.before.tables.get(names[0]) ?? context.after.tables.get(names[0]);
  const key = /^(RANGE|LIST) \((\w+|"(?:[^"]|"")+")\)$/.exec(table?.partitionKey ?? "")?.[2];
  if (key === undefined || bounds === undefined || bounds.is_default) return undefined;
  const condition = conditionOf(context, write, key, bounds);
  if (condition === undefined) return undefined;
  const other = table?.defaultPartition ?? undefined;
  const inBounds = { table: spelled(partition), name: madeUp(names[1], [], "bounds") };
  const outside = other === undefined ? undefined : { table: other, name: madeUp(other, [], `not_${bareName(names[1])}`) };
  return [
    ...indexesOf(attachment),
    ...checked(inBounds, write`${key} is not null and ${condition}`, write),
    ...(outside ? checked(outside, write`${key} is not null and not (${condition})`, write) : []),
    statement,
    dropped(inBounds, write),
    ...(outside ? [dropped(outside, write)] : []),
  ];
}

/** A new partition beside a default one: made as a table, then attached. Undefined where it has more to say than its bounds. */
export function createPartition(context: LintContext, judged: Judged, create: CreateStmt, parent: RangeVar): string[] | undefined {
  const { relation: partition, partbound: bounds, partspec, options = [], tablespacename, tableElts = [], accessMethod } = create;
  const { statement: text } = judged.trace;
  const values = splitStatements(text)[0]?.tokens.find(({ kind, value }) => kind === "word" && value === "FOR");
  const more = partspec ?? tablespacename ?? accessMethod ?? options[0] ?? tableElts[0];
  if (!partition || !values || create.if_not_exists || more !== undefined) return undefined;
  const write = writeLike(text);
  const [table, whole] = [spelled(partition), spelled(parent)];
  const statement = write`alter table ${whole} attach partition ${table} ${text.slice(values.start)}`;
  const attached = attach({ context, judged, write, parent, partition, bounds, statement });
  return attached && [write`create table ${table} (like ${whole} including all)`, ...attached];
}

/** What the statement built under ACCESS EXCLUSIVE, beside reads and writes, under the same names. */
function indexesOf({ context, judged, partition, write }: Attachment): string[] {
  const table = context.after.tables.get(context.nameOf(partition));
  const built = judged.trace.indexBuilds.map(({ index }) => index);
  const indexes = table?.indexes.filter(({ name }) => built.includes(name)) ?? [];
  return indexes.flatMap((index) => indexOf(index, spelled(partition), write));
}

function indexOf({ name, definition, unique, primary, constraint }: Index, table: string, write: Write): string[] {
  const own = quoted(bareName(name));
  const using = definition?.slice(definition.indexOf(" USING ") + 1) ?? "";
  const kind = primary ? write`primary key` : write`unique`;
  return [
    write`create ${unique ? write`unique ` : ""}index concurrently ${own} on ${table} ${using.replace(/^USING/, write`using`)}`,
    ...(constraint ? [write`alter table ${table} add constraint ${own} ${kind} using index ${own}`] : []),
  ];
}

interface Check {
  readonly table: string;
  readonly name: string;
}

function checked({ table, name }: Check, condition: string, write: Write): string[] {
  return [
    write`alter table ${table} add constraint ${name} check (${condition}) not valid`,
    write`alter table ${table} validate constraint ${name}`,
  ];
}

function dropped({ table, name }: Check, write: Write): string {
  return write`alter table ${table} drop constraint ${name}`;
}

function conditionOf(
  { deparse }: LintContext,
  write: Write,
  key: string,
  { strategy, listdatums, lowerdatums, upperdatums }: PartitionBoundSpec,
): string | undefined {
  // "l" and "r": the parser writes the catalog's letters.
  if (String(strategy) === "l") return write`${key} in (${(listdatums ?? []).map((datum) => deparse(datum)).join(", ")})`;
  const [lower, upper] = [bound(deparse, lowerdatums), bound(deparse, upperdatums)];
  const parts = [lower && `${key} >= ${lower}`, upper && `${key} < ${upper}`].filter((part) => part !== undefined && part !== "");
  return String(strategy) === "r" && parts.length > 0 ? parts.join(write` and `) : undefined;
}

/** MINVALUE and MAXVALUE bound nothing. */
function bound(deparse: (node: Node) => string, datums: readonly Node[] | undefined): string | undefined {
  const [datum] = datums ?? [];
  if (datum === undefined || as(datum, "ColumnRef")) return undefined;
  return deparse(datum);
}
