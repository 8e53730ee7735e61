/** The directive `-- pgsteward: backfill …` above a statement, and the statement restricted to one chunk. */
import { parseDuration } from "../core/config.ts";
import { failure } from "../core/errors.ts";
import { id } from "../core/sql.ts";
import type { Statement, Token } from "../core/sql-text.ts";
import type { Backfill } from "./backfill.ts";
import { migrateErrors } from "./errors.ts";
import { nameOf } from "./statements.ts";

const directive = /^--\s*pgsteward:\s*backfill\b(.*)$/im;

/** The directive in the comments above a statement. Errors: MIGRATE_BACKFILL_INVALID. */
export function backfillIn(comments: string, path: string): Backfill | undefined {
  const options = directive.exec(comments)?.[1];
  if (options === undefined) return undefined;
  const given = new Map([...options.matchAll(/(\w+)=((?:"[^"]*"|[^\s"])+)/g)].map(([, key = "", value = ""]) => [key, value]));
  const [table, batch, pauseMs] = [given.get("table"), Number(given.get("batch") ?? 1000), parseDuration(given.get("pause") ?? 0)];
  const unknown = [...given.keys()].find((key) => !["table", "batch", "pause"].includes(key));
  if (table === undefined || unknown !== undefined || !Number.isInteger(batch) || batch < 1 || pauseMs === undefined) {
    throw failure(migrateErrors, "MIGRATE_BACKFILL_INVALID", {
      path,
      problem: unknown === undefined ? "it takes table=<name> batch=<rows> pause=<duration>" : `it does not know ${unknown}`,
    });
  }
  return { table, batch, pauseMs };
}

export interface UpdateTarget {
  /** How the statement calls the table. */
  readonly alias: string;
  /** The statement, restricted by one more condition. */
  within(condition: string): string;
}

/** UPDATE or DELETE, taken apart as far as is needed to add a condition to it. Errors: MIGRATE_BACKFILL_INVALID. */
export function updateTarget({ text, tokens, start }: Statement, path: string): UpdateTarget {
  const verb = tokens[0]?.value;
  const first = verb === "DELETE" ? 2 : 1;
  const refuse = (problem: string): never => {
    throw failure(migrateErrors, "MIGRATE_BACKFILL_INVALID", { path, problem });
  };
  if (verb !== "UPDATE" && verb !== "DELETE") return refuse("the statement below it is neither UPDATE nor DELETE");
  if (topLevel(tokens, "RETURNING") !== undefined) return refuse("the statement has RETURNING");
  const name = tokens[first]?.value === "ONLY" ? first + 1 : first;
  const last = tokens[name + 1]?.value === "." ? name + 2 : name;
  const next = tokens[last + 1]?.value === "AS" ? tokens[last + 2] : tokens[last + 1];
  const named = next?.kind === "name" || (next?.kind === "word" && !["SET", "USING", "WHERE", "FROM"].includes(next.value));
  const alias = named && next ? next : tokens[last];
  const where = topLevel(tokens, "WHERE");
  const head = where === undefined ? text : text.slice(0, where.start - start);
  const old = where === undefined ? "true" : text.slice(where.start - start + "where".length).replace(/^\s/, "");
  // `where ` gives way to `where(`: what the server says of a position holds for the file's text too.
  const joined = where === undefined ? `${head}\nwhere(` : `${head}where(`;
  return { alias: id(alias ? nameOf(alias) : "").text, within: (condition) => `${joined}${old}\n) and ${condition}` };
}

function topLevel(tokens: readonly Token[], word: string): Token | undefined {
  let depth = 0;
  return tokens.find(({ kind, value }) => {
    if (kind === "symbol" && value === "(") depth++;
    if (kind === "symbol" && value === ")") depth--;
    return depth === 0 && kind === "word" && value === word;
  });
}
