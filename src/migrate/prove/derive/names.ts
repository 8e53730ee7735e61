/** Names as a catalog writes them: `public.users`, `public."Odd.Name".id`, `public.add(integer, integer)`, `column public.users.email`. */

/** The parts of a qualified name, each quoted as it was. A function's arguments stay with its last part. */
export function partsOf(name: string): string[] {
  const head = /^(?:"(?:[^"]|"")*"|[^"(])*/.exec(name)?.[0] ?? name;
  const parts = head.match(/(?:"(?:[^"]|"")*"|[^".])+/g) ?? [];
  return [...parts.slice(0, -1), `${parts.at(-1) ?? ""}${name.slice(head.length)}`];
}

export function lastOf(name: string): string {
  return partsOf(name).at(-1) ?? name;
}

/** Everything before the last part: the schema of a table, the table of a column. */
export function aboveOf(name: string): string {
  return partsOf(name).slice(0, -1).join(".");
}

/** A part without its quotes. */
export function bareOf(part: string): string {
  return part.startsWith('"') ? part.slice(1, -1).replaceAll('""', '"') : part;
}
