/** A definition of the catalog as what it says, aspect by aspect. */

/** `not null` → "", `default 0` → "0", by the words that the line begins with. */
export type Aspects = ReadonlyMap<string, string>;

/** Lines that begin with none of `words` belong to the one before: texts may go over lines. */
export function aspectsOf(definition: string, words: readonly string[]): Aspects {
  const found: [string, string][] = [];
  const longestFirst = [...words].sort((a, b) => b.length - a.length);
  for (const line of definition.split("\n")) {
    const word = longestFirst.find((known) => line === known || line.startsWith(`${known} `));
    const last = found.at(-1);
    if (word !== undefined) found.push([word, line.slice(word.length + 1)]);
    else if (last) last[1] += `\n${line}`;
  }
  return new Map(found);
}

export const columnWords: readonly string[] = [
  "type",
  "collate",
  "not null",
  "identity",
  "generated stored",
  "generated virtual",
  "default",
  "storage",
  "compression",
  "statistics",
  "with",
  "options",
  "inherited",
  "local and inherited",
];

export const tableWords: readonly string[] = [
  "table",
  "unlogged table",
  "foreign table",
  "of",
  "partition of",
  "inherits",
  "using",
  "with toast",
  "with",
  "row level security enabled",
  "row level security forced",
  "replica identity",
  "server",
];

export const sequenceWords: readonly string[] = [
  "unlogged",
  "as",
  "start",
  "increment",
  "minimum",
  "maximum",
  "cache",
  "cycle",
  "identity of",
  "owned by",
];
export const domainWords: readonly string[] = ["as", "collate", "not null", "default"];
export const policyWords: readonly string[] = ["permissive", "restrictive", "for", "to", "using", "with check"];
export const statisticsWords: readonly string[] = ["kinds", "columns", "expressions", "on", "target"];

/** `(fillfactor=80, toast.x=1)` as SQL: values quoted where they are no plain words. */
export function options(list: string | undefined): string[] {
  const items = (list ?? "()").slice(1, -1).match(/(?:[^,"]|"(?:[^"]|"")*")+/g) ?? [];
  return items.map((item) => {
    const [, name = "", value = ""] = /^\s*([^=]+)=([^]*)$/.exec(item) ?? [];
    return `${name}=${/^[\w.+-]+$/.test(value) ? value : `'${value.replaceAll("'", "''")}'`}`;
  });
}

export const nameOfOption = (option: string): string => option.slice(0, option.indexOf("="));
