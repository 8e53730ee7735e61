/** PostgreSQL's own parser, loaded when a down is derived: 40 ms CPU and 1.7 MB that nothing else of this room needs. */
import type { Node } from "libpg-query";
import { failure } from "../../../core/errors.ts";
import { migrateErrors } from "../../errors.ts";

/** A statement's tree: the name of its node, and what is in it. */
export interface Tree {
  readonly tag: string;
  // biome-ignore lint/suspicious/noExplicitAny: every kind of node has fields of its own, and each reader knows its kind
  readonly node: any;
}

/** The tree of one statement. Errors: MIGRATE_DERIVE_SYNTAX. */
export async function treeOf(text: string): Promise<Tree> {
  const { parse } = await import("libpg-query");
  try {
    const { stmts } = await parse(text);
    const [tag = "", node] = Object.entries((stmts?.[0]?.stmt ?? {}) as Node)[0] ?? [];
    return { tag, node: node ?? {} };
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw failure(migrateErrors, "MIGRATE_DERIVE_SYNTAX", { problem, statement: text.split("\n")[0] }, { cause });
  }
}

/** Names of the nodes anywhere below, each with what is in it. */
export function* nodesIn(value: unknown): Generator<Tree> {
  if (Array.isArray(value)) for (const item of value) yield* nodesIn(item);
  else if (typeof value === "object" && value !== null) {
    for (const [tag, node] of Object.entries(value)) {
      if (/^[A-Z]/.test(tag)) yield { tag, node };
      yield* nodesIn(node);
    }
  }
}

/** The strings of a list of names: `[{String: {sval: "public"}}, …]`. */
export function stringsOf(list: unknown): string[] {
  return [...nodesIn(list)].flatMap(({ tag, node }) => (tag === "String" ? [String(node.sval)] : []));
}

/** A subcommand of ALTER TABLE. */
export interface Command {
  readonly subtype: string;
  readonly name?: string;
  // biome-ignore lint/suspicious/noExplicitAny: as in Tree
  readonly def?: any;
}

export function commandsOf(node: Tree["node"]): Command[] {
  return ((node.cmds ?? []) as { AlterTableCmd: Command }[]).map(({ AlterTableCmd: command }) => command);
}
