/**
 * Checks the package as users get it: packs it, looks at what is inside, and uses it from a project of its own.
 * Dependencies are linked from this checkout, so that no network is needed.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { subpaths } from "./docs.ts";
import { readFiles, repository } from "./source.ts";

const manifest = JSON.parse(readFiles("package.json")[0]?.text ?? "") as {
  version: string;
  dependencies: Record<string, string>;
  peerDependencies: Record<string, string>;
};
const windows = process.platform === "win32";
const tool = (name: string): string => join(repository, "node_modules/.bin", windows ? `${name}.cmd` : name);

function run(program: string, args: readonly string[], cwd: string = repository): string {
  return execFileSync(program, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"], shell: windows });
}

/** Runs a tool that judges; what it says matters only when it says no. */
function judge(name: string, args: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync(tool(name), args, { cwd: repository, encoding: "utf8", shell: windows });
  if (status !== 0) throw new Error(`${name} says no\n${stdout}${stderr}`);
  console.log("  no problems");
}

/** Exactly what is built from src/, and what stands beside it: the pages that messages point at; no sources, no tests, nothing left over. */
function expectedFiles(): readonly string[] {
  const built = readFiles("src/**/*.ts").flatMap(({ path }) => {
    const base = path.replace(/^src/, "dist").replace(/\.ts$/, "");
    return [`${base}.js`, `${base}.d.ts`];
  });
  const beside = ["CHANGELOG.md", "LICENSE", "README.md", "bin/pgsteward.js", "package.json"];
  const pages = ["sql/*.sql", "docs/errors.md", "docs/reference/*.md"].flatMap((pattern) => readFiles(pattern).map(({ path }) => path));
  return [...built, ...beside, ...pages].sort();
}

function difference(name: string, found: readonly string[], expected: readonly string[]): void {
  const extra = found.filter((file) => !expected.includes(file));
  const absent = expected.filter((file) => !found.includes(file));
  if (extra.length + absent.length === 0) return;
  throw new Error(`${name}: ${[...extra.map((file) => `unexpected ${file}`), ...absent.map((file) => `missing ${file}`)].join(", ")}`);
}

function pack(into: string): string {
  run("npm", ["pack", "--silent", "--pack-destination", into]);
  const [file = ""] = readdirSync(into).filter((name) => name.endsWith(".tgz"));
  return join(into, file);
}

function checkFiles(tarball: string): void {
  const files = run("tar", ["-tzf", tarball])
    .split("\n")
    .filter((name) => name !== "" && !name.endsWith("/"));
  difference("packed files", files.map((name) => name.replace(/^package\//, "")).sort(), expectedFiles());
  console.log(`  ${files.length} files, as expected`);
}

/** The packed package in a project of its own. */
function install(tarball: string, project: string): void {
  const modules = join(project, "node_modules");
  mkdirSync(join(modules, "pgsteward"), { recursive: true });
  run("tar", ["-xzf", tarball, "-C", join(modules, "pgsteward"), "--strip-components=1"]);
  for (const name of [...Object.keys(manifest.dependencies), ...Object.keys(manifest.peerDependencies), "@types/node", "@types/pg"]) {
    const link = join(modules, name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(repository, "node_modules", name), link, "junction");
  }
  writeFileSync(join(project, "package.json"), JSON.stringify({ name: "consumer", private: true, type: "module" }));
}

function checkImports(project: string): void {
  const names = subpaths().map(([name]) => name);
  const program = `for (const name of ${JSON.stringify(names)}) console.log(name, Object.keys(await import(name)).sort().join(" "));`;
  for (const line of run(process.execPath, ["--input-type=module", "-e", program], project).trim().split("\n")) console.log(`  ${line}`);
}

function checkCommand(project: string): void {
  const bin = join(project, "node_modules/pgsteward/bin/pgsteward.js");
  const said = run(process.execPath, [bin, "--version"], project).trim();
  if (said !== manifest.version) throw new Error(`pgsteward --version says ${said}, package.json ${manifest.version}`);
  run(process.execPath, [bin, "migrate", "new", "add_users"], project);
  difference("pgsteward migrate new", readdirSync(join(project, "migrations")), ["001_add_users.sql"]);
  console.log(`  pgsteward --version: ${said}; pgsteward migrate new works`);
  const old = oldNode();
  if (old === undefined) return console.log("  no Node below 22.18 on the PATH: its refusal was not tried");
  const { status, stderr, stdout } = spawnSync(old, [bin, "--version"], { encoding: "utf8", cwd: project });
  const refused = status === 2 && stdout === "" && /^pgsteward needs Node 22\.18 or newer; this is Node \S+\.\n$/.test(stderr);
  if (!refused) throw new Error(`an old Node got exit code ${status} and: ${stdout}${stderr}`);
  console.log(`  on an old Node: ${stderr.trim()}`);
}

/** A Node that is too old for pgsteward, if the machine has one. */
function oldNode(): string | undefined {
  const candidates = (process.env["PATH"] ?? "").split(delimiter).map((dir) => join(dir, "node"));
  return candidates.find((path) => {
    const { status, stdout } = spawnSync(path, ["-p", "process.versions.node"], { encoding: "utf8" });
    const [major = 0, minor = 0] = (stdout ?? "").split(".").map(Number);
    return status === 0 && (major < 22 || (major === 22 && minor < 18));
  });
}

const consumer = `
import { createSteward, defineConfig, json, sql, type Session, StewardError, type StewardEvent } from "pgsteward";
import { up } from "pgsteward/migrate";

export default defineConfig({ lockTimeout: "5s", migrate: { dir: "migrations", outOfOrder: "strict" } });
// @ts-expect-error a setting that does not exist
defineConfig({ lockTimeOut: "5s" });

export async function main(): Promise<readonly string[]> {
  await using steward = await createSteward({ env: {}, onEvent: (event: StewardEvent) => console.log(event.type) });
  const outcome = await steward.migrate.up({ to: "004" }, { dryRun: true });
  const same = await steward.run(up, { to: "004" });
  const status = await steward.migrate.status();
  const pending: number = status.data.pending;
  // @ts-expect-error an option that does not exist
  await steward.migrate.up({ until: "004" });
  const session: Session = await steward.session();
  const { rows } = await session.query<{ n: number }>(sql\`select \${json([1])}::jsonb, \${pending} as n\`);
  try {
    await steward.migrate.down({ steps: rows[0]?.n });
  } catch (error) {
    if (StewardError.is(error)) return [error.code, error.database];
  }
  return [...outcome.result.applied, ...same.result.applied];
}
`;

/** The TypeScript in the manuals, but for the generated signatures. */
function blocksOfManuals(): readonly string[] {
  const manuals = readFiles("README.md", "docs/guides/*.md", "docs/reference/heads/*.md");
  return manuals.flatMap(({ text }) => [...text.matchAll(/^```ts\n([^]*?)^```/gm)].map(({ 1: block = "" }) => block));
}

/** The strictest consumer: no skipLibCheck, every flag that this package is written with. */
function checkTypes(project: string): void {
  const strict = ["strict", "exactOptionalPropertyTypes", "noUncheckedIndexedAccess", "verbatimModuleSyntax", "noEmit"];
  const compilerOptions = {
    ...Object.fromEntries(strict.map((name) => [name, true])),
    target: "es2024",
    lib: ["es2024", "esnext.disposable"],
    module: "nodenext",
    types: ["node"],
    skipLibCheck: false,
  };
  const blocks = blocksOfManuals();
  for (const [i, text] of [consumer, ...blocks].entries()) writeFileSync(join(project, `consumer-${i}.ts`), text);
  writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["consumer-*.ts"] }));
  execFileSync(tool("tsc"), ["-p", project], { stdio: "inherit", shell: windows });
  console.log(`  a TypeScript consumer compiles, without skipLibCheck, and so do ${blocks.length} pieces of the manuals`);
}

function main(): void {
  const place = mkdtempSync(join(tmpdir(), "pgsteward-package-"));
  const heading = (text: string): void => console.log(`\n${text}`);
  try {
    heading("npm pack");
    const tarball = pack(place);
    checkFiles(tarball);
    heading("publint");
    judge("publint", ["run", tarball, "--strict"]);
    heading("are the types wrong");
    judge("attw", [tarball, "--profile", "esm-only"]);
    heading("a project that uses it");
    const project = join(place, "consumer");
    install(tarball, project);
    checkImports(project);
    checkCommand(project);
    checkTypes(project);
    console.log("\nthe package is right");
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

try {
  main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
