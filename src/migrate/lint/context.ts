/** The context of the rules, from traces and what the target knows. */
import type { RangeVar } from "libpg-query";
import { as, type Parser, quoted, relationName } from "./parse.ts";
import type { Judged, LintContext } from "./rule.ts";
import type { Schema } from "./schema.ts";
import type { Trace } from "./trace.ts";

export type Facts = Pick<LintContext, "before" | "after" | "version" | "scratchVersion" | "missing" | "left" | "live" | "inEarnest">;

export function contextOf(traces: readonly Trace[], facts: Facts, parser: Parser): LintContext {
  const made = new Set(traces.flatMap(({ created }) => created.map(({ identity }) => identity)));
  return {
    ...facts,
    judged: traces.map((trace) => judgedOf(trace, parser)),
    isFresh: (relation) => !facts.before.tables.has(relation) && made.has(relation),
    nameOf: (range) => nameOf(range, [facts.before, facts.after]),
    deparse: parser.deparse,
  };
}

function judgedOf(trace: Trace, parser: Parser): Judged {
  const node = trace.path.endsWith(".ts") ? undefined : parser.parse(trace.statement);
  return { trace, node, nodes: node === undefined ? [] : [node, ...(as(node, "DoStmt") ? parser.inBlock(trace.statement) : [])] };
}

function nameOf(range: RangeVar, schemas: readonly Schema[]): string {
  const wanted = relationName(range);
  const names = schemas.flatMap(({ tables }) => [...tables.keys()]);
  if (range.schemaname !== undefined || names.includes(wanted)) return wanted;
  const others = new Set(names.filter((name) => name.endsWith(`.${quoted(range.relname ?? "")}`)));
  return others.size === 1 ? ([...others][0] as string) : wanted;
}
