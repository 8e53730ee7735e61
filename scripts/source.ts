/** The repository's own source as text: for what is generated from it, and for the tests that guard it. */
import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export interface SourceFile {
  /** Relative to the repository, with forward slashes: `src/core/plan.ts`. */
  readonly path: string;
  readonly text: string;
}

export const repository: string = dirname(dirname(fileURLToPath(import.meta.url)));

/** The repository's files that match the patterns, sorted by path. */
export function readFiles(...patterns: readonly string[]): readonly SourceFile[] {
  const paths = globSync([...patterns], { cwd: repository, exclude: (name) => name.includes("node_modules") });
  return paths
    .map((path) => path.replaceAll("\\", "/"))
    .sort()
    .map((path) => ({ path, text: readFileSync(join(repository, path), "utf8") }));
}

export interface Span {
  readonly kind: "comment" | "literal";
  readonly start: number;
  readonly end: number;
}

/** Comments, and literals (strings, templates, regular expressions), in order. */
export function spansOf(text: string): readonly Span[] {
  const spans: Span[] = [];
  for (let at = 0; at < text.length; ) {
    const end = spanEnd(text, at);
    if (end > at) spans.push({ kind: text[at] === "/" && /[/*]/.test(text[at + 1] ?? "") ? "comment" : "literal", start: at, end });
    at = Math.max(end, at + 1);
  }
  return spans;
}

/** Where the comment or literal that begins here ends; `at` itself where none begins. */
function spanEnd(text: string, at: number): number {
  const char = text[at] as string;
  if (char === '"' || char === "'") return quotedEnd(text, at);
  if (char === "`") return templateEnd(text, at);
  if (char !== "/") return at;
  if (text[at + 1] === "/") return orEnd(text, text.indexOf("\n", at));
  if (text[at + 1] === "*") return orEnd(text, text.indexOf("*/", at) + 2);
  return isRegex(text, at) ? regexEnd(text, at) : at;
}

const orEnd = (text: string, end: number): number => (end < 2 ? text.length : end);

function quotedEnd(text: string, open: number): number {
  let at = open + 1;
  while (at < text.length && text[at] !== text[open]) at += text[at] === "\\" ? 2 : 1;
  return at + 1;
}

function templateEnd(text: string, open: number): number {
  let at = open + 1;
  while (at < text.length && text[at] !== "`") {
    if (text[at] === "$" && text[at + 1] === "{") at = closingOf(text, at + 1) + 1;
    else at += text[at] === "\\" ? 2 : 1;
  }
  return at + 1;
}

/** A slash begins a regular expression where no value stands before it. */
function isRegex(text: string, at: number): boolean {
  const before = text.slice(Math.max(0, at - 40), at).trimEnd();
  return /(?:[(,=:[!&|?{};>~+*%^<-]|\b(?:return|typeof|case|in|of))$/.test(before) || before === "";
}

function regexEnd(text: string, open: number): number {
  let inClass = false;
  let at = open + 1;
  for (; at < text.length && text[at] !== "\n"; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === "[") inClass = true;
    else if (text[at] === "]") inClass = false;
    else if (text[at] === "/" && !inClass) break;
  }
  return at + 1;
}

/** The bracket that closes the one at `open`. */
export function closingOf(text: string, open: number): number {
  let depth = 0;
  for (let at = open; at < text.length; ) {
    const end = spanEnd(text, at);
    if (end > at) {
      at = end;
      continue;
    }
    if ("([{".includes(text[at] as string)) depth++;
    if (")]}".includes(text[at] as string) && --depth === 0) return at;
    at++;
  }
  return text.length;
}

/** The text with its comments blanked out; every offset and line stays. */
export function withoutComments(text: string): string {
  return blank(text, "comment");
}

/** The text with comments and literals blanked out. */
export function codeOnly(text: string): string {
  return blank(withoutComments(text), "literal");
}

function blank(text: string, kind: Span["kind"]): string {
  let result = "";
  let at = 0;
  for (const { start, end } of spansOf(text).filter((span) => span.kind === kind)) {
    result += text.slice(at, start) + text.slice(start, end).replace(/[^\n]/g, " ");
    at = end;
  }
  return result + text.slice(at);
}

export interface Import {
  readonly specifier: string;
  /** `static` is loaded with the importing module, `lazy` by a call, `type` never. */
  readonly kind: "static" | "lazy" | "type";
  readonly line: number;
}

const staticImport = /\b(?:import|export)\s+(type\s+)?(?:[\w$*{}\s,]+?\bfrom\s*)?"([^"]+)"/g;
const lazyImport = /\bimport\(\s*"([^"]+)"\s*\)/g;

/** Every import and re-export. `import { type A }` counts as static: `verbatimModuleSyntax` keeps it. */
export function importsOf({ text }: SourceFile): readonly Import[] {
  const code = withoutComments(text);
  // What a template of source code holds is no import of this file.
  const bare = blank(code, "literal");
  const line = (at: number): number => code.slice(0, at).split("\n").length;
  const matches = (pattern: RegExp): RegExpExecArray[] => [...code.matchAll(pattern)].filter(({ index }) => bare[index] !== " ");
  const statics = matches(staticImport).map(
    ({ 1: type, 2: specifier = "", index }): Import => ({ specifier, kind: type ? "type" : "static", line: line(index) }),
  );
  const lazies = matches(lazyImport).map(({ 1: specifier = "", index }): Import => ({ specifier, kind: "lazy", line: line(index) }));
  return [...statics, ...lazies];
}

export interface Call {
  /** The arguments as they are written, trimmed. */
  readonly args: readonly string[];
  readonly line: number;
}

/** The calls of a function by name: `callsOf(text, "failure")`. Definitions do not count. */
export function callsOf(text: string, name: string): readonly Call[] {
  const code = withoutComments(text);
  return [...code.matchAll(new RegExp(`(?<!function )(?<=^|\\.\\.\\.|[^\\w.$])${name}\\(`, "g"))].map(({ index }) => {
    const open = index + name.length;
    return { args: splitList(code.slice(open + 1, closingOf(code, open))), line: code.slice(0, index).split("\n").length };
  });
}

/** Cuts at the commas that stand in no bracket and no literal. */
export function splitList(text: string): readonly string[] {
  const parts: string[] = [];
  let start = 0;
  for (let at = 0; at < text.length; ) {
    const end = spanEnd(text, at);
    const char = text[at] as string;
    if (end > at) at = end;
    else if ("([{".includes(char)) at = closingOf(text, at) + 1;
    else {
      if (char === ",") {
        parts.push(text.slice(start, at));
        start = at + 1;
      }
      at++;
    }
  }
  return [...parts, text.slice(start)].map((part) => part.trim()).filter(Boolean);
}

/** The text that a string literal or template stands for, each `${…}` as `…`; undefined for anything else. */
export function literalText(source: string): string | undefined {
  const quote = source[0] ?? "";
  if (!"\"'`".includes(quote) || quote === "" || spanEnd(source, 0) !== source.length) return undefined;
  let result = "";
  for (let at = 1; at < source.length - 1; at++) {
    if (source[at] === "\\") result += source[++at];
    else if (quote === "`" && source[at] === "$" && source[at + 1] === "{") {
      at = closingOf(source, at + 1);
      result += "…";
    } else result += source[at];
  }
  return result;
}
