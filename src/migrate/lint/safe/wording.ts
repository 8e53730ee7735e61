/** A statement's own words: a sequence keeps them where it can, and writes its own in the same letters. */
import type { RangeVar } from "libpg-query";
import { splitStatements } from "../../../core/sql-text.ts";
import { quoted } from "../parse.ts";

/** A template whose own words are upper case where the statement's are; values stay as they are. */
export type Write = (parts: TemplateStringsArray, ...values: readonly string[]) => string;

export function writeLike(statement: string): Write {
  const upper = /^[A-Z]{2}/.test(statement);
  return (parts, ...values) => parts.map((part, i) => `${upper ? part.toUpperCase() : part}${values[i] ?? ""}`).join("");
}

/** A relation as the statement names it. */
export function spelled({ schemaname, relname }: RangeVar): string {
  return [schemaname, relname].flatMap((part) => (part === undefined ? [] : [quoted(part)])).join(".");
}

/** `text` with something behind its first unquoted word of these; undefined where it has none of them. */
export function insertBehind(text: string, words: readonly string[], inserted: string): string | undefined {
  const token = splitStatements(text)[0]?.tokens.find(({ kind, value }) => kind === "word" && words.includes(value));
  if (!token) return undefined;
  const at = token.start + token.value.length;
  return `${text.slice(0, at)} ${inserted}${text.slice(at)}`;
}

export interface Command {
  /** From its first word to its last. */
  readonly text: string;
  /** Where it stands in the statement. */
  readonly start: number;
  readonly end: number;
  /** Comments between it and what comes before it. */
  readonly comments: readonly string[];
}

export interface Alteration {
  /** `alter table only users` with the blanks behind it. */
  readonly head: string;
  readonly commands: readonly Command[];
}

/** ALTER TABLE cut at its commands; undefined where it is written in a way that nobody writes. */
export function alterationIn(statement: string): Alteration | undefined {
  const tokens = splitStatements(statement)[0]?.tokens ?? [];
  const first = tokens[firstCommand(tokens.map(({ value }) => value))];
  if (!first) return undefined;
  const commas = topLevelCommas(tokens.filter(({ start }) => start >= first.start));
  const bounds = [first.start, ...commas.map((at) => at + 1), statement.length + 1];
  const before = wordsIn(statement.slice(0, first.start), 0);
  if (!before) return undefined;
  const commands: Command[] = [];
  for (const [i, from] of bounds.slice(0, -1).entries()) {
    const words = wordsIn(statement.slice(from, (bounds[i + 1] ?? 0) - 1), from);
    if (!words) return undefined;
    const comments = commentsIn(statement.slice(commands.at(-1)?.end ?? before.end, words.start));
    commands.push({ ...words, comments });
  }
  const gap = statement.slice(before.end, first.start);
  return { head: before.text + (gap.trim() === "" ? gap : " "), commands };
}

/** The words in a piece of a statement, without comments around them. */
export function wordsIn(piece: string, offset: number): Omit<Command, "comments"> | undefined {
  const found = splitStatements(piece)[0];
  return found && { text: found.text, start: found.start + offset, end: found.end + offset };
}

/** Also what looks like a comment in a string: good enough to keep all of them. */
export function commentsIn(text: string): string[] {
  return text.match(/--[^\n]*|\/\*[^]*?\*\//g) ?? [];
}

/** Behind ALTER TABLE [IF EXISTS] [ONLY] name [*]. */
function firstCommand(values: readonly string[]): number {
  let at = values[2] === "IF" && values[3] === "EXISTS" ? 4 : 2;
  if (values[at] === "ONLY") at++;
  while (values[at + 1] === ".") at += 2;
  return values[at + 1] === "*" ? at + 2 : at + 1;
}

function topLevelCommas(tokens: readonly { readonly kind: string; readonly value: string; readonly start: number }[]): number[] {
  let depth = 0;
  return tokens.flatMap(({ kind, value, start }) => {
    if (kind !== "symbol") return [];
    if (value === "(" || value === "[") depth++;
    if (value === ")" || value === "]") depth--;
    return value === "," && depth === 0 ? [start] : [];
  });
}
