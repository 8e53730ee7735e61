/** ALTER TABLE from what a table is to what it was, columns and constraints aside. */
import type { CatalogObject } from "../../../core/catalog.ts";
import { type Aspects, nameOfOption, options } from "./aspects.ts";
import { inOrder } from "./undo.ts";

export function alterTable({ kind, name }: CatalogObject, is: Aspects, was: Aspects): string {
  const table = `ALTER ${kind.toUpperCase()} ${name}`;
  return inOrder(
    persistence(table, was, is),
    ancestors(table, name, was, is),
    ofType(table, was, is),
    was.get("using") === is.get("using") ? undefined : `${table} SET ACCESS METHOD ${was.get("using") ?? "heap"}`,
    storage(table, options(was.get("with")), options(is.get("with"))),
    storage(table, toast(was), toast(is)),
    rowSecurity(table, was, is),
    was.get("replica identity") === is.get("replica identity")
      ? undefined
      : `${table} REPLICA IDENTITY ${(was.get("replica identity") ?? "default").replace(/^(?:using index|\w+$)/, (words) => words.toUpperCase())}`,
  );
}

function persistence(table: string, was: Aspects, is: Aspects): string | undefined {
  const [then, now] = [was.has("unlogged table"), is.has("unlogged table")];
  return then === now ? undefined : `${table} SET ${then ? "UNLOGGED" : "LOGGED"}`;
}

function ancestors(table: string, name: string, was: Aspects, is: Aspects): string[] {
  const statements: string[] = [];
  const [partition, now] = [was.get("partition of"), is.get("partition of")];
  if (partition !== now) {
    if (now !== undefined) statements.push(`ALTER TABLE ${split(now)[0]} DETACH PARTITION ${name}`);
    if (partition !== undefined) statements.push(`ALTER TABLE ${split(partition)[0]} ATTACH PARTITION ${name} ${split(partition)[1]}`);
  }
  const [then, current] = [listOf(was.get("inherits")), listOf(is.get("inherits"))];
  statements.push(...current.filter((parent) => !then.includes(parent)).map((parent) => `${table} NO INHERIT ${parent}`));
  statements.push(...then.filter((parent) => !current.includes(parent)).map((parent) => `${table} INHERIT ${parent}`));
  return statements;
}

/** `public.events FOR VALUES FROM (1) TO (2)`: the table and the bounds. */
function split(partition: string): [string, string] {
  const at = partition.search(/ (?:FOR VALUES|DEFAULT$)/);
  return [partition.slice(0, at), partition.slice(at + 1)];
}

const listOf = (names: string | undefined): string[] => (names === undefined ? [] : names.split(", "));

function ofType(table: string, was: Aspects, is: Aspects): string | undefined {
  if (was.get("of") === is.get("of")) return undefined;
  return was.has("of") ? `${table} OF ${was.get("of")}` : `${table} NOT OF`;
}

/** SET and RESET of storage parameters: of a table, a view, an index. */
export function storage(relation: string, was: readonly string[], is: readonly string[]): string[] {
  const set = was.filter((option) => !is.includes(option));
  const reset = is.map(nameOfOption).filter((name) => !was.some((option) => nameOfOption(option) === name));
  return [
    ...(reset.length > 0 ? [`${relation} RESET (${reset.join(", ")})`] : []),
    ...(set.length > 0 ? [`${relation} SET (${set.join(", ")})`] : []),
  ];
}

const toast = (aspects: Aspects): string[] => options(aspects.get("with toast")).map((option) => `toast.${option}`);

function rowSecurity(table: string, was: Aspects, is: Aspects): string[] {
  const statement = (word: string, on: string, off: string): string[] =>
    was.has(word) === is.has(word) ? [] : [`${table} ${was.has(word) ? on : off} ROW LEVEL SECURITY`];
  return [...statement("row level security forced", "FORCE", "NO FORCE"), ...statement("row level security enabled", "ENABLE", "DISABLE")];
}
