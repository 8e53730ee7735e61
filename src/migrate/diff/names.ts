/** Names of objects: those that only one at a time can have, and those that a body may say. */
import type { SchemaObject } from "./schema.ts";

/** Kinds that a function's body may name. */
export const namable: ReadonlySet<string> = new Set<string>([
  "table",
  "foreign table",
  "view",
  "materialized view",
  "sequence",
  "type",
  "domain",
  "function",
  "aggregate",
  "schema",
]);

/** `public.users` → `users`, `public.add(integer)` → `add`. */
export function lastName(name: string): string {
  const head = name.split("(")[0] ?? "";
  return (/(?:^|\.)("(?:[^"]|"")*"|[^."]*)$/.exec(head)?.[1] ?? head).replaceAll('"', "");
}

/** Names that only one object at a time can have. */
export function slotsOf({ kind, name, extra }: SchemaObject): readonly string[] {
  switch (kind) {
    case "table":
    case "foreign table":
    case "view":
    case "materialized view":
    case "type":
    case "domain":
      return [`relation ${name}`, `type ${name}`];
    case "sequence":
    case "index":
      return [`relation ${name}`];
    case "constraint":
      return [`constraint ${name}`, ...(extra["index"] === undefined ? [] : [`relation ${extra["index"]}`])];
    case "function":
    case "aggregate":
      return [`routine ${name}`];
    case "partition":
      return [`partition of ${extra["parent"]}`];
    default:
      return [];
  }
}
