/** The catalogue of errors and findings is in step with the source and with docs/errors.md and docs/findings.md. */
import assert from "node:assert/strict";
import test from "node:test";
import { code, errorTables, type KnownFinding, knownFindings, type NamedTable } from "../../scripts/catalogue.ts";
import { retiredCodes } from "../../scripts/docs.ts";
import { callsOf, literalText, readFiles, type SourceFile, splitList, withoutComments } from "../../scripts/source.ts";
import type { ErrorSpec } from "../../src/core/errors.ts";

/** Of tables whose codes do not begin with the table's own name, and of findings that no table belongs to. */
const prefixes: Readonly<Record<string, RegExp>> = { coreErrors: /^(BUG|INTERRUPTED|INPUT_\w+)$/ };
const findingPrefixes: readonly string[] = ["DOCTOR_", "LINT_", "DIFF_"];

const prefixOf = (name: string): RegExp => prefixes[name] ?? new RegExp(`^${name.replace(/Errors$/, "").toUpperCase()}_`);
const codesOf = (tables: readonly NamedTable[]): readonly string[] => tables.flatMap(({ table }) => Object.keys(table));

function wrongCodes(tables: readonly NamedTable[], findings: readonly KnownFinding[], retired: readonly string[]): readonly string[] {
  const owners = new Map<string, string>();
  const shared = Object.keys(Object.fromEntries(tables.map(({ name }) => [prefixOf(name).source.slice(1), true])));
  const inTables = tables.flatMap(({ name, table }) =>
    Object.keys(table).flatMap((code) => {
      const other = owners.get(code);
      owners.set(code, name);
      return [
        other === undefined ? "" : `${code} is in ${other} and in ${name}`,
        prefixOf(name).test(code) ? "" : `${code} of ${name} does not begin as ${name} does`,
        retired.includes(code) ? `${code} is retired` : "",
      ];
    }),
  );
  const inFindings = findings.flatMap(({ code, path }) => [
    [...shared, ...findingPrefixes].some((prefix) => code.startsWith(prefix))
      ? ""
      : `finding ${code} of ${path} does not begin as a room's codes do`,
    retired.includes(code) ? `${code} is retired` : "",
  ]);
  return [...inTables, ...inFindings].filter(Boolean);
}

const quoted = /"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*)"/g;

/** Codes of a table that nothing in the source says, and codes in the source that are in no table and no finding. */
function strayCodes(tables: readonly NamedTable[], findings: readonly KnownFinding[], files: readonly SourceFile[]): readonly string[] {
  const known = new Set([...codesOf(tables), ...findings.map(({ code }) => code)]);
  const prefixed = tables.filter(({ name }) => !(name in prefixes)).map(({ name }) => prefixOf(name));
  const said = files.flatMap(({ path, text }) => [...withoutComments(text).matchAll(quoted)].map(({ 1: said = "" }) => ({ path, said })));
  const uttered = new Set([
    ...said.map(({ said }) => said),
    ...files.flatMap(({ text }) => [...withoutComments(text).matchAll(/Errors\.([A-Z_0-9]+)\b/g)].map(({ 1: name = "" }) => name)),
  ]);
  const unused = codesOf(tables).filter((name) => !uttered.has(name));
  const unknown = said.filter(({ said }) => code.test(said) && prefixed.some((prefix) => prefix.test(said)) && !known.has(said));
  return [
    ...unused.map((name) => `${name} is in a table, but nothing in src throws it`),
    ...unknown.map(({ path, said }) => `${path} says ${said}, which is in no table`),
  ];
}

const placeholders = ({ message, hint = "" }: ErrorSpec, ownHint: boolean): readonly string[] =>
  [...`${message} ${ownHint ? "" : hint}`.matchAll(/\{(?!\s)([^}]*)\}/g)].map(({ 1: name = "" }) => name);

/** Placeholders that no data fills, wherever a call writes its data out. */
function emptyPlaceholders(tables: readonly NamedTable[], files: readonly SourceFile[]): readonly string[] {
  const specs = new Map(tables.flatMap(({ table }) => Object.entries(table)));
  const badNames = [...specs].flatMap(([code, spec]) =>
    placeholders(spec, false).flatMap((name) => (/^[a-z][a-zA-Z]*$/.test(name) ? [] : [`${code}: {${name}} is no name`])),
  );
  const unfilled = files.flatMap(({ path, text }) =>
    callsOf(text, "failure").flatMap(({ args: [, codes = "", data = "{}", options = ""], line }) => {
      const keys = keysOf(data);
      if (keys === undefined) return [];
      return [...codes.matchAll(quoted)].flatMap(({ 1: code = "" }) => {
        const spec = specs.get(code);
        const open = spec === undefined ? [] : placeholders(spec, /\bhint\b/.test(options)).filter((name) => !keys.includes(name));
        return open.map((name) => `${path}:${line}: ${code} leaves {${name}} open`);
      });
    }),
  );
  return [...badNames, ...unfilled];
}

/** The keys of an object literal; undefined where it is none, or spreads another one. */
function keysOf(source: string): readonly string[] | undefined {
  if (!source.startsWith("{")) return undefined;
  const entries = splitList(source.slice(1, -1));
  if (entries.some((entry) => entry.startsWith("..."))) return undefined;
  return entries.map((entry) => entry.split(/[:(]/)[0]?.trim() ?? "").map((key) => literalText(key) ?? key);
}

/** Messages are phrases, `when` is a sentence. */
function wrongStyle(tables: readonly NamedTable[]): readonly string[] {
  return tables.flatMap(({ table }) =>
    Object.entries(table).flatMap(([code, { message, hint = "", when, exit, database }]) =>
      [
        message.endsWith(".") ? `${code}: the message ends with a full stop` : "",
        hint.endsWith(".") ? `${code}: the hint ends with a full stop` : "",
        when.endsWith(".") ? "" : `${code}: "when" is no sentence`,
        exit !== 7 && database === "partly changed" ? `${code}: leaves the database partly changed, but its exit code is ${exit}` : "",
      ].filter(Boolean),
    ),
  );
}

/** What only one of two lists has. */
function difference(documented: readonly string[], real: readonly string[]): readonly string[] {
  return [
    ...real.filter((name) => !documented.includes(name)).map((name) => `${name} is not documented`),
    ...documented.filter((name) => !real.includes(name)).map((name) => `${name} is documented, but does not exist`),
  ];
}

const sources = readFiles("src/**/*.ts");
const tables = await errorTables(sources);
const findings = knownFindings(sources);
const textOf = (path: string): string => readFiles(path)[0]?.text ?? "";

test("codes are unique, begin as their room does, and are not retired", () => {
  assert.ok(codesOf(tables).length > 50);
  assert.deepEqual(wrongCodes(tables, findings, retiredCodes()), []);
});

test("every code of a table is thrown, every code thrown is in a table", () => assert.deepEqual(strayCodes(tables, findings, sources), []));

test("every placeholder is filled", () => assert.deepEqual(emptyPlaceholders(tables, sources), []));

test("texts have the form of the house", () => assert.deepEqual(wrongStyle(tables), []));

test("errors and findings are documented, and nothing else is", () => {
  const errors = [...textOf("docs/errors.md").matchAll(/^### (\w+)$/gm)].map(({ 1: name = "" }) => name);
  assert.deepEqual(difference(errors, codesOf(tables)), []);
  const found = [...textOf("docs/findings.md").matchAll(/^\| `(\w+)`/gm)].map(({ 1: name = "" }) => name);
  const real = findings.map(({ code }) => code);
  assert.deepEqual(difference(found, real), []);
});

test("the exit codes of docs/errors.md are those of the type", () => {
  const typed = /export type ExitCode = ([^;]+);/
    .exec(textOf("src/core/errors.ts"))?.[1]
    ?.split("|")
    .map((exit) => exit.trim());
  const documented = [...textOf("docs/errors.md").matchAll(/^\| (\d+) \|/gm)].map(({ 1: exit = "" }) => exit);
  assert.deepEqual(documented, typed);
  const rows = (path: string): readonly string[] => [...textOf(path).matchAll(/^\| \d+ \|.*$/gm)].map(([row]) => row);
  assert.deepEqual(rows("README.md"), rows("docs/errors.md"));
});

const spec = (parts: Partial<ErrorSpec> = {}): ErrorSpec => ({ exit: 2, message: "no", when: "Never.", ...parts });
const tableOf = (name: string, table: Readonly<Record<string, ErrorSpec>>): NamedTable => ({ name, path: "src/seed/errors.ts", table });
const seed = tableOf("seedErrors", { SEED_BAD: spec({ message: "{name} is bad", hint: "see {where}" }) });
const file = (text: string): readonly SourceFile[] => [{ path: "src/seed/run.ts", text }];

test("a planted code is named", () => {
  const other = tableOf("dbErrors", { SEED_BAD: spec(), DB_OLD: spec() });
  const stray: KnownFinding = { code: "WEIRD_THING", path: "src/seed/run.ts", severities: [], message: "", hint: "" };
  assert.deepEqual(wrongCodes([seed, other], [stray], ["DB_OLD"]), [
    "SEED_BAD is in seedErrors and in dbErrors",
    "SEED_BAD of dbErrors does not begin as dbErrors does",
    "DB_OLD is retired",
    "finding WEIRD_THING of src/seed/run.ts does not begin as a room's codes do",
  ]);
  assert.deepEqual(strayCodes([seed], [], file('throw failure(seedErrors, "SEED_WORSE");')), [
    "SEED_BAD is in a table, but nothing in src throws it",
    "src/seed/run.ts says SEED_WORSE, which is in no table",
  ]);
  assert.deepEqual(strayCodes([seed], [], file('// "SEED_WORSE"\nthrow failure(seedErrors, "SEED_BAD");')), []);
  assert.deepEqual(difference(["SEED_OLD"], ["SEED_BAD"]), ["SEED_BAD is not documented", "SEED_OLD is documented, but does not exist"]);
});

test("a planted placeholder is named", () => {
  const open = (text: string): readonly string[] => emptyPlaceholders([seed], file(text));
  assert.deepEqual(open('failure(seedErrors, "SEED_BAD", { name, other: f(1, 2) });'), ["src/seed/run.ts:1: SEED_BAD leaves {where} open"]);
  assert.deepEqual(open('\nfailure(seedErrors, bad ? "SEED_BAD" : "SEED_BAD");').length, 4);
  assert.deepEqual(open('failure(seedErrors, "SEED_BAD", { name }, { hint: "look" });'), []);
  assert.deepEqual(open('failure(seedErrors, "SEED_BAD", { ...facts });'), []);
  assert.deepEqual(emptyPlaceholders([tableOf("dbErrors", { DB_X: spec({ message: "{Some thing}" }) })], []), [
    "DB_X: {Some thing} is no name",
  ]);
});

test("a planted text is named", () => {
  const bad = spec({ message: "No.", hint: "Do.", when: "never", database: "partly changed" });
  assert.equal(wrongStyle([tableOf("seedErrors", { SEED_BAD: bad })]).length, 4);
});

test("findings are found by what the source writes", () => {
  const text =
    'finding("warning", "SEED_LATE", name, `is ${days} days late`, "hurry");\nfinding("error", error.code, name, error.message);' +
    'return [...finding("info", "SEED_ODD", name, text), other.finding("info", "SEED_NONE", name)];';
  assert.deepEqual(knownFindings(file(text)), [
    { code: "SEED_LATE", path: "src/seed/run.ts", severities: ["warning"], message: "is … days late", hint: "hurry" },
    { code: "SEED_ODD", path: "src/seed/run.ts", severities: ["info"], message: undefined, hint: undefined },
  ]);
});
