/** Documentation is in step: generated pages fresh, links lead somewhere, what the source refers to exists. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import test from "node:test";
import { exportsOf, pages, stale, subpaths } from "../../scripts/docs.ts";
import { readFiles, repository, type SourceFile } from "../../scripts/source.ts";

const documents = readFiles("*.md", "docs/**/*.md", "examples/*/README.md");
const textOf = (path: string): string => readFiles(path)[0]?.text ?? "";

test("generated pages are what the source says", async () => {
  const made = await pages();
  assert.deepEqual(stale(made), [], "run `npm run docs`");
  assert.deepEqual(stale(new Map([...made].map(([path, text]) => [path, `${text}more`]))), [...made.keys()]);
  const reference = readFiles("docs/reference/*.md").map(({ path }) => path);
  assert.deepEqual(
    reference.filter((path) => !made.has(path)),
    [],
    "a page of nothing: delete it",
  );
});

test("every export is documented, and nothing else is", () => {
  const page = textOf("docs/reference/library.md");
  for (const [name, source] of subpaths()) {
    assert.ok(existsSync(join(repository, source)), `${name} is built from ${source}, which does not exist`);
    const part = page.split(/^## /m).find((section) => section.startsWith(`${name}\n`)) ?? "";
    const documented = [...part.matchAll(/^\| `(\w+)`/gm)].map(({ 1: exported = "" }) => exported);
    const exported = exportsOf(source).map((entry) => entry.name);
    assert.ok(exported.length > 0, `${source} exports nothing that this test can read`);
    assert.deepEqual([...documented].sort(), [...exported].sort(), name);
  }
});

test("exports are read in every form that an index has", () => {
  const index = textOf("src/index.ts").replaceAll(/\/\*\*?[^]*?\*\//g, "");
  const others = index.split("\n").filter((line) => line.trim() !== "" && !/^export (type )?\{[^}]*\} from "[^"]+";$/.test(line));
  assert.deepEqual(others, [], "src/index.ts re-exports by name, a line for each module");
});

/** GitHub's anchors of a page. */
function anchorsOf(text: string): readonly string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(({ 1: heading = "" }) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w\s-]/g, "")
      .trim()
      .replaceAll(/\s/g, "-"),
  );
}

function brokenLinks(files: readonly SourceFile[], exists: (path: string) => boolean, read: (path: string) => string): readonly string[] {
  return files.flatMap(({ path, text }) =>
    [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(({ 1: link = "" }) => {
      if (/^[a-z]+:/.test(link)) return [];
      const [target = "", anchor] = link.split("#");
      const file = target === "" ? path : join(dirname(path), target).replaceAll("\\", "/");
      if (!exists(file)) return [`${path}: ${link} leads nowhere`];
      if (anchor === undefined || anchorsOf(withoutCode(read(file))).includes(anchor)) return [];
      return [`${path}: ${link} names no heading`];
    }),
  );
}

const withoutCode = (text: string): string => text.replaceAll(/^```[^]*?^```/gm, "");

test("links lead somewhere", () => {
  assert.ok(documents.length > 10);
  assert.deepEqual(
    brokenLinks(
      documents.filter(({ path }) => !path.includes("/heads/")),
      (path) => existsSync(join(repository, path)),
      textOf,
    ),
    [],
  );
  const planted = [
    { path: "docs/a.md", text: "# A b\n[gone](gone.md) [here](#a-b) [out](https://example.org) [no](#c)\n```\n[code](x)\n```" },
  ];
  assert.deepEqual(
    brokenLinks(
      planted,
      (path) => path === "docs/a.md",
      () => planted[0]?.text ?? "",
    ),
    ["docs/a.md: gone.md leads nowhere", "docs/a.md: #c names no heading"],
  );
});

const decisions = readFiles("docs/decisions/*.md");
const numberOf = ({ path }: SourceFile): string => /(\d{4})-[\w-]+\.md$/.exec(path)?.[1] ?? path;

test("decisions are numbered without a gap and have the four parts", () => {
  assert.deepEqual(
    decisions.map(numberOf),
    decisions.map((_, i) => String(i + 1).padStart(4, "0")),
  );
  for (const { path, text } of decisions) {
    const headings = [...text.matchAll(/^## (.+)$/gm)].map(({ 1: heading }) => heading);
    assert.deepEqual(headings, ["Context", "Choice", "Measured", "What would change our mind"], path);
    const lines = text.trimEnd().split("\n").length;
    assert.ok(lines >= 15 && lines <= 40, `${path} has ${lines} lines`);
  }
});

/** Decisions and pages that a file refers to and that do not exist. */
function danglingReferences(
  files: readonly SourceFile[],
  numbers: readonly string[],
  exists: (path: string) => boolean,
): readonly string[] {
  return files.flatMap(({ path, text }) => [
    ...[...text.matchAll(/\b[Dd]ecisions? (\d{4})\b/g)].flatMap(({ 1: number = "" }) =>
      numbers.includes(number) ? [] : [`${path} refers to decision ${number}`],
    ),
    ...[...text.matchAll(/(?<![\w./-])docs\/[\w/-]+\.md\b/g)].flatMap(([page]) => (exists(page) ? [] : [`${path} refers to ${page}`])),
  ]);
}

test("what the source and the documents refer to exists", () => {
  const exists = (path: string): boolean => existsSync(join(repository, path));
  const files = [...documents, ...readFiles("{src,scripts,bench}/**/*.ts", "sql/*.sql", "bin/*.js", ".ci/run", "package.json")];
  assert.deepEqual(danglingReferences(files, decisions.map(numberOf), exists), []);
  const planted = [{ path: "src/a.ts", text: "// decision 0001 and decision 9999, see docs/errors.md and docs/gone.md" }];
  assert.deepEqual(
    danglingReferences(planted, ["0001"], (path) => path === "docs/errors.md"),
    ["src/a.ts refers to decision 9999", "src/a.ts refers to docs/gone.md"],
  );
});
