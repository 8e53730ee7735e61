/**
 * All expressions of a schema, parsed by PostgreSQL's own parser in a process of its own that runs it without optimising: V8's
 * optimising compiler takes 300 MB for the parser's largest function, on whichever thread, and the memory stays (measured with
 * Node 24: 394 MB with it, 84 without; the flag only works at the start of a process).
 */
import { aboutColumn, domainChecks } from "../../core/type-shapes.ts";
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Node } from "libpg-query";
import { elementOf } from "./domain.ts";
import type { ParseExpression } from "./expression.ts";
import type { Shape, TableShape } from "./shape.ts";

/** A plan is made twice, before the lock and under it: the second time there is nothing new to parse. */
const known = new Map<string, Node | null>();

/** Answers for the expressions of `shape`. */
export async function parserFor(shape: Shape, signal?: AbortSignal): Promise<ParseExpression> {
  const expressions = [...new Set(shape.tables.flatMap((table) => expressionsOf(table, shape)))].filter(
    (expression) => !known.has(expression),
  );
  if (expressions.length > 0) {
    const nodes = await parseAll(expressions, signal);
    expressions.forEach((expression, i) => known.set(expression, nodes[i] ?? null));
  }
  return (expression) => known.get(expression) ?? undefined;
}

function expressionsOf({ checks, uniques, columns }: TableShape, { types }: Shape): string[] {
  return [
    ...checks.map(({ expression }) => expression),
    ...uniques.flatMap(({ expressions, predicate }) => (predicate === null ? expressions : [...expressions, predicate])),
    ...columns.flatMap(({ name, type }) => domainChecks(types.get(type), types).map(({ expression }) => aboutColumn(expression, name))),
    ...columns.flatMap(({ type }) =>
      domainChecks(elementOf(types.get(type), types), types).map(({ expression }) => aboutColumn(expression, "value")),
    ),
  ];
}

async function parseAll(expressions: readonly string[], signal: AbortSignal | undefined): Promise<readonly (Node | null)[]> {
  const script = fileURLToPath(new URL(`./parse-child.${import.meta.url.endsWith(".ts") ? "ts" : "js"}`, import.meta.url));
  const child = spawn(process.execPath, ["--liftoff-only", script], { stdio: ["ignore", "ignore", "inherit", "ipc"], env: {}, signal });
  try {
    return await new Promise((resolve, reject) => {
      child.once("message", (nodes) => resolve(nodes as (Node | null)[]));
      child.once("error", reject);
      child.once("close", (code) => reject(new Error(`the parser ended with ${code}`)));
      child.send(expressions);
    });
  } finally {
    child.kill();
  }
}
