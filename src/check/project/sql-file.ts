/** A `.sql` file in the folder of checks: one query that returns what is wrong, and what it is called in a comment above. */
import { failure } from "../../core/errors.ts";
import { scanStatements } from "../../core/sql-text.ts";
import { checkErrors } from "../errors.ts";
import type { SqlCheck } from "../rule.ts";

const directive = /^--\s*pgsteward:\s*check\s+(.*)$/gm;
/** `name=x severity=warning message="two words"`; without quotes a value ends where the next key begins. */
const pair = /(\w+)=(?:"([^"]*)"|((?:(?!\s+\w+=)[^\n])*))/g;
const keys: readonly string[] = ["name", "category", "severity", "level", "message", "hint"];

/** Errors: CHECK_INVALID. */
export function readSqlCheck(file: string, name: string, content: string): SqlCheck {
  const { statements } = scanStatements(content);
  const [query, second] = statements;
  const refuse = (at: number, problem: string): Error =>
    failure(checkErrors, "CHECK_INVALID", { file, line: content.slice(0, at).split("\n").length, problem });
  if (!query) throw refuse(0, "it holds no query");
  if (second) throw refuse(second.start, "it holds more than one statement; a check is one query that returns what is wrong");
  const given: Record<string, string> = {};
  for (const line of content.matchAll(directive)) {
    for (const [, key = "", quoted, bare = ""] of (line[1] ?? "").matchAll(pair)) {
      if (!keys.includes(key)) throw refuse(line.index, `there is no ${key}; a check has ${keys.join(", ")}`);
      given[key] = (quoted ?? bare).trim();
    }
  }
  return { name: name.replace(/\.sql$/, ""), ...given, sql: query.text };
}
