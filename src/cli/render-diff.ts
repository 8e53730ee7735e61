/** What `migrate diff` found: the changes by the object that they are about, or the SQL alone. */
import type { DiffResult, SchemaChange } from "../migrate/index.ts";
import type { Paint } from "./printer.ts";

export function diffView(result: DiffResult, paint: Paint): string {
  return result.sql === null ? table(result, paint) : script(result);
}

const words: Readonly<Record<DiffResult["from"], string>> = {
  files: "the files",
  applied: "the applied files",
  database: "the database",
  schema: "the declared schema",
};

/** What goes to psql or into a file: nothing but SQL and comments. */
function script({ from, to, sql, proved, where, differences }: DiffResult): string {
  const way = `from ${words[from]} to ${words[to]}`;
  if (differences.length === 0 && proved) return `-- ${way}: nothing to do, compared on ${where}`;
  const head = proved
    ? `-- ${way}\n-- proved on ${where}: run from the first, it ends in the second`
    : `-- ${way}\n-- NOT PROVED on ${where}: it does not end in the second, or does not run at all`;
  return `${head}\n\n${sql ?? ""}`;
}

const signs = { create: ["green", "+"], drop: ["red", "-"], alter: ["yellow", "~"] } as const;

function table({ from, to, differences, where }: DiffResult, paint: Paint): string {
  const [here, there] = [words[from], words[to]];
  if (differences.length === 0) return `${here} and ${there} have the same schema (compared on ${where})`;
  const groups = Map.groupBy(differences, groupOf);
  const kinds = Math.max(...differences.map(({ kind }) => kind.length));
  const blocks = [...groups].map(([name, changes]) =>
    [paint("bold", name), ...changes.map((change) => line(change, kinds, name, paint))].join("\n"),
  );
  const count = (change: SchemaChange["change"]): number => differences.filter((difference) => difference.change === change).length;
  const sums = `${count("create")} to create, ${count("alter")} to alter, ${count("drop")} to drop`;
  return [...blocks, `from ${here} to ${there}: ${sums} (compared on ${where})`].join("\n\n");
}

/** The table of a column, the schema of a table, the database of what lies in no schema. */
function groupOf({ parent, kind, name }: SchemaChange): string {
  // A sequence belongs to its column, which has no line where nothing else of it differs.
  const table = parent?.replace(/^column (.*)\.(?:"(?:[^"]|"")*"|[^."]*)$/, "table $1");
  return table ?? (kind === "schema" ? `schema ${name}` : "database");
}

function line({ change, kind, name, lines, children }: SchemaChange, width: number, group: string, paint: Paint): string {
  const [colour, sign] = signs[change];
  const more = children === 0 ? "" : paint("dim", ` and ${children} that ${children === 1 ? "belongs" : "belong"} to it`);
  const head = `  ${paint(colour, sign)} ${kind.padEnd(width)}  ${shortName(name, group)}${more}`;
  const indent = " ".repeat(width + 6);
  return [head, ...lines.map((text) => indent + paint(text.startsWith("-") ? "red" : "green", text))].join("\n");
}

/** Without what stands above it already. */
function shortName(name: string, group: string): string {
  const [, parent = ""] = /^(?:foreign |materialized )?\w+ (.*)$/.exec(group) ?? [];
  const schema = /^(?:"(?:[^"]|"")*"|[^".]*)/.exec(parent)?.[0] ?? "";
  if (name === group) return `on ${name}`;
  for (const prefix of [`${group}.`, `${group} `, `${parent}.`, `${schema}.`])
    if (name.startsWith(prefix)) return name.slice(prefix.length);
  return name;
}
