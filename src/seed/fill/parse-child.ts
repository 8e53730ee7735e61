/** Answers a message with expressions by their parse trees; null for what the parser does not take. */
import { loadModule, type Node, parseSync } from "libpg-query";

await loadModule();
process.once("message", (expressions: readonly string[]) => {
  process.send?.(expressions.map((expression) => parse(expression) ?? null));
});

function parse(expression: string): Node | undefined {
  try {
    const statement = parseSync(`select ${expression}`).stmts?.[0]?.stmt as { SelectStmt?: { targetList?: Node[] } } | undefined;
    return (statement?.SelectStmt?.targetList?.[0] as { ResTarget?: { val?: Node } } | undefined)?.ResTarget?.val;
  } catch {
    return undefined;
  }
}
