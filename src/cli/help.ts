/** Help, from the operations' declarations. */
import { flagOf, settings } from "../core/settings.ts";
import type { AnyOperation } from "../core/operation.ts";
import { operationsOf, rooms } from "../registry.ts";
import { flagsOf, globalFlags } from "./arguments.ts";

/** The page of everything, of a room, or of one operation. */
export async function help(room?: string, operation?: AnyOperation): Promise<string> {
  if (operation) return operationHelp(operation);
  return room === undefined ? overview() : roomHelp(room);
}

async function overview(): Promise<string> {
  const blocks = await Promise.all(
    Object.entries(rooms).map(
      async ([room, { summary }]) =>
        `${summary}\n${columns([...(await operationsOf(room)).values()].map((operation) => [`pgsteward ${operation.name}`, operation.summary]))}`,
    ),
  );
  return [
    "pgsteward: the steward of a PostgreSQL database\n",
    ...blocks.map((block) => `${block}\n`),
    `every command\n${columns(globalFlags.map(({ name, doc }) => [name, doc]))}\n`,
    "pgsteward <command> --help explains one; pgsteward completion bash|zsh|fish completes them.",
  ].join("\n");
}

async function roomHelp(room: string): Promise<string> {
  const operations = [...(await operationsOf(room)).values()];
  const fallback = rooms[room]?.default;
  const note = fallback === undefined ? "" : `\n\`pgsteward ${room}\` alone is \`pgsteward ${room} ${fallback}\`.`;
  return `${rooms[room]?.summary}\n\n${columns(operations.map(({ name, summary }) => [`pgsteward ${name}`, summary]))}\n${note}`;
}

async function operationHelp(operation: AnyOperation): Promise<string> {
  const flags = await flagsOf(operation);
  const words = (operation.positional ?? []).map((name) => (flags.get(flagOf(name))?.required ? ` <${name}>` : ` [${name}]`)).join("");
  const rest = operation.rest === undefined ? "" : ` [${operation.rest}…]`;
  const own = [...flags.values()].map(({ key, type, values, doc }): [string, string] => [
    `${flagOf(key)}${type === "boolean" ? "" : ` <${values?.join("|") ?? type}>`}`,
    doc,
  ]);
  const parts = [`pgsteward ${operation.name}${words}${rest}\n\n  ${operation.summary} (${riskWords[operation.risk]})`];
  if (own.length > 0) parts.push(`options\n${columns(own)}`);
  if (operation.examples) parts.push(`examples\n${operation.examples.map((line) => `  ${line}`).join("\n")}`);
  parts.push(`every command\n${columns(globalFlags.map(({ name, value, doc }) => [value ? `${name} <value>` : name, doc]))}`);
  parts.push(
    `settings\n${columns(settings.filter(({ environmentOnly }) => !environmentOnly).map(({ key, doc }) => [flagOf(key), doc.replaceAll("`", "")]))}`,
  );
  return parts.join("\n\n");
}

const riskWords = {
  reads: "changes no database",
  changes: "changes the database",
  destroys: "can lose data; production needs --confirm <database>",
} as const;

function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.min(36, Math.max(...rows.map(([left]) => left.length)));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join("\n");
}
