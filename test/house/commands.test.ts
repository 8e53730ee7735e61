/** Every command line that a text tells somebody to run can be run: rooms, verbs, flags and npm scripts exist. */
import assert from "node:assert/strict";
import test from "node:test";
import { errorTables, knownFindings } from "../../scripts/catalogue.ts";
import { readFiles, type SourceFile } from "../../scripts/source.ts";
import { parseCommand } from "../../src/cli/arguments.ts";
import { operationsOf, rooms } from "../../src/registry.ts";

interface Line {
  readonly where: string;
  readonly text: string;
}

/** Lines of fenced blocks that a shell or a package.json would run, and code within sentences. */
function codeOf({ path, text }: SourceFile): readonly Line[] {
  const lines: Line[] = [];
  let fence: string | undefined;
  text.split("\n").forEach((line, i) => {
    const where = `${path}:${i + 1}`;
    const mark = /^\s*```(\w*)/.exec(line);
    if (mark) fence = fence === undefined ? (mark[1] ?? "") : undefined;
    else if (fence === undefined) lines.push(...[...line.matchAll(/`([^`]+)`/g)].map(({ 1: span = "" }) => ({ where, text: span })));
    else if (["bash", "sh", "console"].includes(fence)) lines.push({ where, text: line.replace(/(^|\s)#.*$/, "") });
    else if (["json", "yaml", "yml"].includes(fence))
      lines.push({ where, text: line.replace(/^.*?:\s*"?(?=(?:npx )?pgsteward )|",?$/g, "") });
  });
  return lines;
}

/** `pgsteward …` as a shell would see it: what stands behind it, up to the end of the command. */
function commandsIn(text: string): readonly (readonly string[])[] {
  const starts = [...text.matchAll(/(?:^|[\s$("'`=&|;])(pgsteward)(?=\s|$)/g)];
  return starts.map(({ index, 0: match }) => wordsOf(text.slice(index + match.length)));
}

/** What a usage line leaves to the reader: `[options]`, `[<version>]`. */
const withoutBrackets = (text: string): string => text.replaceAll(/\[options\]/g, "").replaceAll(/\[(<[\w-]+>)\]/g, "$1");

/** A shell's words, up to the first `|`, `&`, `;`, `>` or `)` outside quotes. `<name>` is the word `name`. */
function wordsOf(text: string): readonly string[] {
  const words: string[] = [];
  for (const [word, quote, closed, open] of withoutBrackets(text).matchAll(
    /"([^"]*)"|'([^']*)'|[|&;)"'`]|>(?!\w*\s)|<([\w-]+)>|[^\s|&;)"'`<>]+/g,
  )) {
    if (/^[|&;)>"'`]$/.test(word)) break;
    words.push(quote ?? closed ?? open ?? word);
  }
  return words;
}

async function unknownCommands(lines: readonly Line[]): Promise<readonly string[]> {
  const wrong: string[] = [];
  for (const { where, text } of lines) {
    for (const words of commandsIn(text)) {
      const problem = await parseCommand(words).then(
        () => undefined,
        (error: Error) => error.message,
      );
      if (problem !== undefined) wrong.push(`${where}: pgsteward ${words.join(" ")}: ${problem}`);
    }
  }
  return wrong;
}

/** `npm run x` where no package.json has a script x. */
function unknownScripts(lines: readonly Line[], scripts: ReadonlySet<string>): readonly string[] {
  return lines.flatMap(({ where, text }) =>
    [...text.matchAll(/\bnpm (?:--\S+ )*(?:run(?:-script)? (?:--\S+ )*([\w:-]+)|(test)\b)/g)].flatMap(({ 1: run, 2: test }) => {
      const name = run ?? test ?? "";
      return scripts.has(name) ? [] : [`${where}: there is no script ${name}`];
    }),
  );
}

/** Backticked command lines in the hints of errors and findings. Where a fact of the case stands, nothing can be parsed. */
async function hintLines(): Promise<readonly Line[]> {
  const errors = (await errorTables()).flatMap(({ path, table }) =>
    Object.entries(table).map(([code, { hint = "" }]) => ({ where: `${path} ${code}`, text: hint })),
  );
  const findings = knownFindings().map(({ path, code, hint = "" }) => ({ where: `${path} ${code}`, text: hint }));
  return [...errors, ...findings].flatMap(({ where, text }) =>
    [...text.matchAll(/`([^`]+)`/g)].filter(({ 1: span = "" }) => !/[{…]/.test(span)).map(({ 1: span = "" }) => ({ where, text: span })),
  );
}

/** The pages of errors and findings quote messages; their hints are looked at where they are declared. */
const quoting: readonly string[] = ["docs/errors.md", "docs/findings.md"];
const manuals = readFiles("*.md", "docs/**/*.md", "examples/*/README.md")
  .filter(({ path }) => !quoting.includes(path))
  .flatMap(codeOf);
const manifests = readFiles("package.json", "examples/*/package.json").map(({ path, text }) => ({
  path,
  scripts: (JSON.parse(text) as { scripts: Record<string, string> }).scripts,
}));

test("the manuals' commands exist", async () => {
  assert.ok(manuals.flatMap(({ text }) => commandsIn(text)).length > 40);
  assert.deepEqual(await unknownCommands(manuals), []);
});

test("the hints' commands exist", async () => assert.deepEqual(await unknownCommands(await hintLines()), []));

test("the examples of every operation are of this operation", async () => {
  for (const room of Object.keys(rooms)) {
    for (const { name, examples = [] } of (await operationsOf(room)).values()) {
      assert.ok(examples.length > 0, `${name} has no example`);
      for (const example of examples) {
        const [words = []] = commandsIn(example);
        const command = await parseCommand(words);
        assert.equal(command.kind === "run" ? command.operation.name : command.kind, name, example);
      }
    }
  }
});

test("the scripts of the examples run commands that exist", async () => {
  const lines = manifests.flatMap(({ path, scripts }) => Object.values(scripts).map((text) => ({ where: path, text })));
  assert.deepEqual(await unknownCommands(lines), []);
});

test("npm scripts that the manuals name exist", () => {
  const scripts = new Set(manifests.flatMap((manifest) => Object.keys(manifest.scripts)));
  assert.deepEqual(unknownScripts(manuals, scripts), []);
});

test("what is planted is named", async () => {
  const text = [
    "Run `pgsteward migrate upp`, then `npm run gone`.",
    "```bash",
    'DATABASE_URL="$(pgsteward db url --quit)" npx prisma studio  # pgsteward nothing',
    "npx pgsteward migrate rollback <version> --dry-run && npm test",
    "npx pgsteward migrate up --to 004 | tee log; pgsteward sow",
    "```",
    "```ts",
    "pgsteward(nothing)",
    "```",
    "```json",
    '"db": "pgsteward migrate status --fast",',
    "```",
  ].join("\n");
  const lines = codeOf({ path: "a.md", text });
  assert.deepEqual(await unknownCommands(lines), [
    "a.md:1: pgsteward migrate upp: there is no command migrate upp",
    "a.md:3: pgsteward db url --quit: db url does not know --quit",
    "a.md:5: pgsteward sow: there is no command sow",
    "a.md:11: pgsteward migrate status --fast: migrate status does not know --fast",
  ]);
  assert.deepEqual(unknownScripts(lines, new Set(["test"])), ["a.md:1: there is no script gone"]);
});
