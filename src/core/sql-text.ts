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
const continuation = /'(?:[ \t\f\v]|--[^\n\r]*)*[\n\r](?:[ \t\f\v\n\r]|--[^\n\r]*[\n\r])*'/y;
const toLineEnd = /[^\n\r]*/y;

/** Splits SQL text into its statements. Never throws: an unterminated quote runs to the end, and the server says so. */
export function splitStatements(source: string): Statement[] {
  return scanStatements(source).statements;
}

/** The statements, and where a quote or a comment begins that the text does not close. */
export function scanStatements(source: string): { statements: Statement[]; unclosed: number | undefined } {
  const statements: Statement[] = [];
  let unclosed: number | undefined;
  let tokens: Token[] = [];
  let parens = 0;
  let begins = 0;
  let at = 0;
  let end = 0;

  const push = (kind: Token["kind"], value: string, start: number, next: number): void => {
    tokens.push({ kind, value, start });
    at = end = next;
  };
  const text = (kind: Token["kind"], open: number, escapes = false, start = open): void => {
    const [value, next, closed] = quoted(source, open, escapes);
    if (!closed) unclosed = start;
    push(kind, value, start, next);
  };
  const flush = (): void => {
    const first = tokens[0];
    if (first) statements.push({ text: source.slice(first.start, end), start: first.start, end, tokens });
    tokens = [];
    parens = begins = 0;
  };

  while (at < source.length) {
    const char = source[at] as string;
    if (char <= " " || char === "\ufeff") at++;
    else if (char === "-" && source[at + 1] === "-") at = lineEnd(source, at);
    else if (char === "/" && source[at + 1] === "*") {
      const next = commentEnd(source, at);
      if (next === undefined) unclosed = at;
      at = next ?? source.length;
    } else if (char === "\\" && tokens.length === 0) {
      const next = lineEnd(source, at);
      push("symbol", source.slice(at, next), at, next);
      flush();
    } else if (char === "'") text("text", at);
    else if (char === '"') text("name", at);
    else if (char === "$") {
      const tag = match(dollarTag, source, at);
      const close = tag === "" ? -1 : source.indexOf(tag, at + tag.length);
      if (tag !== "" && close < 0) unclosed = at;
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
      if (word !== "" && after === "'" && /^[eEbBxXnN]$/.test(word)) text("text", at + 1, /[eE]/.test(word), at);
      else if (/^[uU]$/.test(word) && after === "&" && (source[at + 2] === "'" || source[at + 2] === '"')) {
        text(source[at + 2] === "'" ? "text" : "name", at + 2, false, at);
      } else if (word !== "") {
        const upper = word.toUpperCase();
        if (opensBody(tokens)) begins += bodyDepth(upper, tokens.at(-1), begins);
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
  return { statements, unclosed };
}

/** True inside CREATE [OR REPLACE] FUNCTION | PROCEDURE, the only statements whose body may hold bare semicolons. */
function opensBody(tokens: readonly Token[]): boolean {
  if (tokens[0]?.value !== "CREATE") return false;
  const noun = tokens[1]?.value === "OR" ? tokens[3]?.value : tokens[1]?.value;
  return noun === "FUNCTION" || noun === "PROCEDURE";
}

/** Only BEGIN ATOMIC opens a body; inside it CASE ends with END too. Behind AS or a dot both are names. */
function bodyDepth(word: string, before: Token | undefined, depth: number): number {
  if (depth === 0) return word === "ATOMIC" && before?.kind === "word" && before.value === "BEGIN" ? 1 : 0;
  if (before?.value === "AS" || before?.value === ".") return 0;
  return word === "CASE" ? 1 : word === "END" ? -1 : 0;
}

/** The content of the string or name whose quote stands at `open`, the offset behind it, and whether it is closed. */
function quoted(source: string, open: number, escapes: boolean): [value: string, end: number, closed: boolean] {
  const quote = source[open] as string;
  let at = open + 1;
  while (at < source.length) {
    if (escapes && source[at] === "\\") at += 2;
    else if (source[at] !== quote) at++;
    else if (source[at + 1] === quote) at += 2;
    else {
      // An E'…' that goes on in the next line keeps its escapes.
      const next = escapes ? match(continuation, source, at) : "";
      if (next === "") break;
      at += next.length;
    }
  }
  return [source.slice(open + 1, at).replaceAll(quote + quote, quote), Math.min(at + 1, source.length), at < source.length];
}

/** PostgreSQL ends a line at a CR too: a file with line ends of old would otherwise be one comment. */
function lineEnd(source: string, from: number): number {
  return from + match(toLineEnd, source, from).length;
}

function commentEnd(source: string, from: number): number | undefined {
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
  return undefined;
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
