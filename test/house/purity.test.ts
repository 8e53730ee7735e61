/** What no room, no engine and not the core may do: read the environment, print, exit, read the clock, throw dice. */
import assert from "node:assert/strict";
import test from "node:test";
import { importsOf, readFiles, type SourceFile, withoutComments } from "../../scripts/source.ts";

const forbidden: readonly (readonly [name: string, pattern: RegExp])[] = [
  ["process.env", /\bprocess\s*\.\s*env\b|\bprocess\s*\[\s*["']env["']|\{[^{}]*\benv\b[^{}]*\}\s*=\s*process\b/],
  ["console", /\bconsole\s*[.[]/],
  ["process.stdout", /\bprocess\s*\.\s*(?:stdout|stderr)\b/],
  ["process.exit", /\bprocess\s*\.\s*(?:exit|exitCode|abort)\b/],
  ["Date.now", /\bDate\s*\.\s*now\b/],
  ["new Date()", /\bnew\s+Date\s*(?:\(\s*\)|(?=[;,)\s]))/],
  ["Math.random", /\bMath\s*\.\s*random\b/],
];
const forbiddenModules: readonly string[] = ["node:process", "process", "node:console", "console"];

/** What comes in from outside is handed on here: surfaces print, the root and the helpers of tests read the defaults. */
const free = /^src\/(?:cli|http|mcp|dashboard|testing)\/|^src\/(?:index|steward|registry|who)\.ts$/;
/** The one reader of time and chance. */
const clock = "src/core/clock.ts";
const clockMay: readonly string[] = ["Date.now", "Math.random"];

function impurities(files: readonly SourceFile[]): readonly string[] {
  return files
    .filter(({ path }) => !free.test(path))
    .flatMap((file) => {
      const lines = withoutComments(file.text).split("\n");
      const used = lines.flatMap((line, i) =>
        forbidden.filter(([, pattern]) => pattern.test(line)).map(([name]) => [name, i + 1] as const),
      );
      const imported = importsOf(file)
        .filter(({ specifier }) => forbiddenModules.includes(specifier))
        .map(({ specifier, line }) => [`import of ${specifier}`, line] as const);
      return [...used, ...imported]
        .filter(([name]) => !(file.path === clock && clockMay.includes(name)))
        .map(([name, line]) => `${file.path}:${line}: ${name}`);
    });
}

test("rooms, engines and the core take environment, output, exit, time and chance from outside", () => {
  assert.deepEqual(impurities(readFiles("src/**/*.ts")), []);
});

test("what is planted is named", () => {
  const wrong: readonly (readonly [text: string, name: string])[] = [
    ['const url = process.env["DATABASE_URL"];', "process.env"],
    ["const { env } = process;", "process.env"],
    ['console.log("done");', "console"],
    ["process.stdout.write(text);", "process.stdout"],
    ["process.exit(1);", "process.exit"],
    ["process.exitCode = 1;", "process.exit"],
    ["const started = Date.now();", "Date.now"],
    ["const at = new Date();", "new Date()"],
    ["const at = new Date;", "new Date()"],
    ["return Math.random() * 2;", "Math.random"],
    ['import process from "node:process";', "import of node:process"],
  ];
  for (const [text, name] of wrong)
    assert.deepEqual(impurities([{ path: "src/migrate/up.ts", text }]), [`src/migrate/up.ts:1: ${name}`], text);
});

test("what may be is let through", () => {
  const right: readonly SourceFile[] = [
    { path: "src/core/clock.ts", text: "export const now = () => Date.now() + Math.random();" },
    { path: "src/cli/main.ts", text: 'console.log(process.env["HOME"]);' },
    {
      path: "src/migrate/up.ts",
      text: "const at = new Date(ctx.clock.now()); // not Date.now()\nconst { env } = options; type At = Date;",
    },
  ];
  assert.deepEqual(impurities(right), []);
});
