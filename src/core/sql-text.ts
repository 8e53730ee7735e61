/**
 * PostgreSQL's lexical rules, exact enough to find where statements begin and end: quoted strings of every kind,
 * dollar quotes, nested comments, parentheses, SQL-standard function bodies. The rules for `;` are psql's
 * (psqlscan.l of PostgreSQL 18). `up` and `status` use it because PostgreSQL's own parser costs 38 ms CPU to load.
 */

export interface Token {
  /** `word` is an unquoted identifier or keyword in upper case; `name` a quoted identifier, unquoted; `text` the content of a string. */
  readonly kind: "word" | "name" | "text" | "symbol";
  readonly value: string;
  readonly start: number;
}

export interface Statement {
  /** From the first token to the last, without the semicolon. */
  readonly text: string;
  /** Offset of `text` in the source. */
  readonly start: number;
  readonly end: number;
  readonly tokens: readonly Token[];
}

const dollarTag = /\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/y;
const wordPattern = /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y;
const numberPattern = /\d[\w.]*/y;

/** Splits SQL text into its statements. Never throws: an unterminated quote runs to the end, and the server says so. */
export function splitStatements(source: string): Statement[] {
  const statements: Statement[] = [];
  let tokens: Token[] = [];
  let parens = 0;
  let begins = 0;
  let at = 0;
  let end = 0;

  const push = (kind: Token["kind"], value: string, start: number, next: number): void => {
    tokens.push({ kind, value, start });
    at = end = next;
  };
  const flush = (): void => {
    const first = tokens[0];
    if (first) statements.push({ text: source.slice(first.start, end), start: first.start, end, tokens });
    tokens = [];
    parens = begins = 0;
  };

  while (at < source.length) {
    const char = source[at] as string;
    if (char <= " " || char === "\ufeff" || char === "\u00a0") at++;
    else if (char === "-" && source[at + 1] === "-") at = lineEnd(source, at);
    else if (char === "/" && source[at + 1] === "*") at = commentEnd(source, at);
    else if (char === "\\" && tokens.length === 0) {
      const next = lineEnd(source, at);
      push("symbol", source.slice(at, next), at, next);
      flush();
    } else if (char === "'") push("text", ...quoted(source, at, "'", false));
    else if (char === '"') push("name", ...quoted(source, at, '"', false));
    else if (char === "$") {
      const tag = match(dollarTag, source, at);
      const close = tag === "" ? -1 : source.indexOf(tag, at + tag.length);
      if (tag === "") push("symbol", char, at, at + 1);
      else push("text", source.slice(at + tag.length, close < 0 ? undefined : close), at, close < 0 ? source.length : close + tag.length);
    } else if (char === ";") {
      if (parens === 0 && begins === 0) {
        flush();
        at++;
      } else push("symbol", char, at, at + 1);
    } else {
      const word = match(wordPattern, source, at);
      const after = source[at + word.length];
      if (word !== "" && after === "'" && /^[eEbBxXnN]$/.test(word)) push("text", ...quoted(source, at + 1, "'", /[eE]/.test(word), at));
      else if (/^[uU]$/.test(word) && after === "&" && (source[at + 2] === "'" || source[at + 2] === '"')) {
        const quote = source[at + 2] as string;
        push(quote === "'" ? "text" : "name", ...quoted(source, at + 2, quote, false, at));
      } else if (word !== "") {
        const upper = word.toUpperCase();
        if (opensBody(tokens)) begins = Math.max(0, begins + bodyDepth(upper, begins));
        push("word", upper, at, at + word.length);
      } else {
        const number = match(numberPattern, source, at);
        if (char === "(") parens++;
        if (char === ")") parens = Math.max(0, parens - 1);
        push("symbol", number || char, at, at + (number.length || 1));
      }
    }
  }
  flush();
  return statements;
}

/** True inside CREATE [OR REPLACE] FUNCTION | PROCEDURE, the only statements whose body may hold bare semicolons. */
function opensBody(tokens: readonly Token[]): boolean {
  if (tokens[0]?.value !== "CREATE") return false;
  const noun = tokens[1]?.value === "OR" ? tokens[3]?.value : tokens[1]?.value;
  return noun === "FUNCTION" || noun === "PROCEDURE";
}

function bodyDepth(word: string, depth: number): number {
  if (word === "BEGIN") return 1;
  if (word === "CASE" && depth > 0) return 1;
  return word === "END" && depth > 0 ? -1 : 0;
}

function quoted(source: string, open: number, quote: string, escapes: boolean, start = open): [string, number, number] {
  let at = open + 1;
  while (at < source.length) {
    if (escapes && source[at] === "\\") at += 2;
    else if (source[at] !== quote) at++;
    else if (source[at + 1] === quote) at += 2;
    else break;
  }
  return [source.slice(open + 1, at).replaceAll(quote + quote, quote), start, Math.min(at + 1, source.length)];
}

function lineEnd(source: string, from: number): number {
  const end = source.indexOf("\n", from);
  return end < 0 ? source.length : end;
}

function commentEnd(source: string, from: number): number {
  let depth = 0;
  for (let at = from; at < source.length; at++) {
    if (source[at] === "/" && source[at + 1] === "*") {
      depth++;
      at++;
    } else if (source[at] === "*" && source[at + 1] === "/") {
      at++;
      if (--depth === 0) return at + 1;
    }
  }
  return source.length;
}

function match(pattern: RegExp, source: string, at: number): string {
  pattern.lastIndex = at;
  return pattern.exec(source)?.[0] ?? "";
}

/** 1-based line and column of an offset. */
export function lineOf(source: string, offset: number): { line: number; column: number } {
  const before = source.slice(0, Math.max(0, offset));
  const line = before.split("\n").length;
  return { line, column: before.length - before.lastIndexOf("\n") };
}
