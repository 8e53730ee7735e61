/**
 * Which way imports may go (docs/architecture.md). An edge that is missing here is argued in a decision record first.
 * Types count as edges too; lazy imports count for the directions, but not for cycles.
 */
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import test from "node:test";
import { importsOf, readFiles, repository, type SourceFile } from "../../scripts/source.ts";

/** Room → rooms whose index.ts it may import. */
const roomEdges: Readonly<Record<string, readonly string[]>> = {
  migrate: ["backup"],
  seed: [],
  // `check fix --permanent` writes a migration.
  check: ["migrate"],
  backup: [],
  deploy: ["migrate", "seed", "check", "backup", "health"],
  tenancy: ["backup"],
  search: ["tenancy", "jobs"],
  jobs: [],
  realtime: [],
  evolve: ["migrate", "backup", "check"],
  health: [],
  upkeep: ["jobs"],
  db: [],
  // Decision 0010.
  project: ["migrate"],
};
/** Rooms that may import engines (decision 0010): every other one asks the context for abilities. */
const engineUsers: readonly string[] = ["db", "project"];
const surfaces: readonly string[] = ["cli", "http", "mcp", "dashboard"];
/** Where everything meets: opens the engine, lists the rooms, is the public face. */
const root: readonly string[] = ["src/index.ts", "src/steward.ts", "src/registry.ts", "src/who.ts"];
/** Loads the operations of every deploy without the rest of their room, lazily; test/house/registry.test.ts looks what it loads. */
const registry = "src/registry.ts";

const isRoom = (place: string): boolean => place in roomEdges;
const placeOf = (path: string): string => (root.includes(path) ? "root" : (/^src\/([\w-]+)\//.exec(path)?.[1] ?? path));

interface Edge {
  readonly from: string;
  readonly to: string;
  readonly line: number;
  readonly kind: "static" | "lazy" | "type";
}

function edgesOf(files: readonly SourceFile[]): readonly Edge[] {
  return files.flatMap((file) =>
    importsOf(file)
      .filter(({ specifier }) => specifier.startsWith("."))
      .map(({ specifier, line, kind }) => ({ from: file.path, to: join(dirname(file.path), specifier).replaceAll("\\", "/"), line, kind })),
  );
}

/** Why an import is wrong; undefined where it is right. */
function fault({ from, to, kind }: Edge): string | undefined {
  const [here, there] = [placeOf(from), placeOf(to)];
  const throughIndex = to === `src/${there}/index.ts` || (from === registry && kind === "lazy");
  if (here === there) return undefined;
  if (!to.startsWith("src/")) return "leaves src/";
  if (surfaces.includes(there)) return "nothing imports a surface";
  if (there === "core") return isKnown(here) ? undefined : `${here} is no place of the house`;
  if (here === "core") return "core imports nothing outside core";
  if (here === "engines" || here === "adapters") return `${here} import core only`;
  if (here === "root" || surfaces.includes(here)) return faultOfMeeting(here, there, throughIndex);
  if (here === "testing") return ["engines", "root"].includes(there) ? undefined : "testing imports core, engines and the root";
  if (!isRoom(here)) return `${here} is no place of the house`;
  if (there === "engines") return engineUsers.includes(here) ? undefined : "a room asks for abilities, not for engines";
  if (!isRoom(there)) return "a room imports core and itself";
  if (!roomEdges[here]?.includes(there)) return `${here} → ${there} is no edge of the house`;
  return throughIndex ? undefined : "a room imports another one through its index.ts";
}

/** The root and the surfaces may import rooms, through their index.ts; only the root opens engines. */
function faultOfMeeting(here: string, there: string, throughIndex: boolean): string | undefined {
  if (isRoom(there)) return throughIndex ? undefined : "a room is imported through its index.ts";
  if (there === "root") return undefined;
  return here === "root" && (there === "engines" || there === "adapters") ? undefined : `${here} does not import ${there}`;
}

const isKnown = (place: string): boolean =>
  isRoom(place) || surfaces.includes(place) || ["engines", "adapters", "testing", "root"].includes(place);

function wrongDirections(files: readonly SourceFile[]): readonly string[] {
  return edgesOf(files).flatMap((edge) => {
    const why = fault(edge);
    return why === undefined ? [] : [`${edge.from}:${edge.line} → ${edge.to}: ${why}`];
  });
}

function missingTargets(files: readonly SourceFile[]): readonly string[] {
  const known = new Set(files.map(({ path }) => path));
  return edgesOf(files).flatMap(({ from, to, line }) => (known.has(to) ? [] : [`${from}:${line} → ${to}: there is no such file`]));
}

/** Every cycle once, as the way around it. */
function cycles(edges: readonly { from: string; to: string }[]): readonly string[] {
  const targets = new Map<string, Set<string>>();
  for (const { from, to } of edges) if (from !== to) targets.set(from, (targets.get(from) ?? new Set()).add(to));
  const found: string[] = [];
  const finished = new Set<string>();
  const visit = (node: string, way: readonly string[]): void => {
    if (way.includes(node)) {
      found.push([...way.slice(way.indexOf(node)), node].join(" → "));
      return;
    }
    if (finished.has(node)) return;
    for (const next of targets.get(node) ?? []) visit(next, [...way, node]);
    finished.add(node);
  };
  for (const node of targets.keys()) visit(node, []);
  return found;
}

const fileCycles = (files: readonly SourceFile[]): readonly string[] => cycles(edgesOf(files).filter(({ kind }) => kind === "static"));
const placeCycles = (files: readonly SourceFile[]): readonly string[] =>
  cycles(edgesOf(files).map(({ from, to }) => ({ from: placeOf(from), to: placeOf(to) })));

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
}

/** Packages that src/ imports and that an installed pgsteward would not have. */
function undeclared(files: readonly SourceFile[], { dependencies, peerDependencies }: Manifest): readonly string[] {
  const declared = new Set([...Object.keys(dependencies), ...Object.keys(peerDependencies)]);
  return files.flatMap((file) =>
    importsOf(file)
      .filter(({ specifier }) => !/^(\.|node:)/.test(specifier))
      .map(({ specifier, line }) => ({ name: specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/"), line }))
      .filter(({ name }) => !declared.has(name))
      .map(({ name, line }) => `${file.path}:${line} imports ${name}, which is no dependency`),
  );
}

const sources = readFiles("src/**/*.ts");
const manifest = JSON.parse(readFiles("package.json")[0]?.text ?? "{}") as Manifest;

test("imports go in the directions of the house", () => {
  assert.ok(sources.length > 50, `only ${sources.length} files under ${repository}/src`);
  assert.deepEqual(wrongDirections(sources), []);
});

test("every import has a target", () => assert.deepEqual(missingTargets(sources), []));

test("no cycles, between files or between places", () => {
  assert.deepEqual(fileCycles(sources), []);
  assert.deepEqual(placeCycles(sources), []);
});

test("src imports only packages that are installed with pgsteward", () => assert.deepEqual(undeclared(sources, manifest), []));

const planted = (path: string, text: string): readonly SourceFile[] => [{ path, text }];

test("a planted edge is named", () => {
  const wrong: readonly (readonly [path: string, text: string, why: RegExp])[] = [
    [
      "src/core/plan.ts",
      'import { a } from "../engines/open.ts";',
      /^src\/core\/plan\.ts:1 → src\/engines\/open\.ts: core imports nothing/,
    ],
    ["src/core/plan.ts", 'import type { A } from "../migrate/index.ts";', /core imports nothing/],
    ["src/engines/open.ts", '\nexport * from "../migrate/index.ts";', /^src\/engines\/open\.ts:2 .* engines import core only/],
    ["src/migrate/up.ts", 'const { a } = await import("../engines/open.ts");', /a room asks for abilities/],
    ["src/migrate/up.ts", 'import { a } from "../seed/index.ts";', /migrate → seed is no edge/],
    ["src/migrate/up.ts", 'import {\n  a,\n  b,\n} from "../backup/dump.ts";', /through its index\.ts/],
    ["src/migrate/up.ts", 'import "../cli/main.ts";', /nothing imports a surface/],
    ["src/migrate/up.ts", 'import { a } from "../steward.ts";', /a room imports core and itself/],
    ["src/steward.ts", 'import { a } from "./migrate/up.ts";', /through its index\.ts/],
    ["src/registry.ts", 'import { a } from "./migrate/up.ts";', /through its index\.ts/],
    ["src/cli/main.ts", 'import { a } from "../engines/open.ts";', /cli does not import engines/],
    ["src/cli/main.ts", 'import { a } from "../http/server.ts";', /nothing imports a surface/],
    ["src/helpers/a.ts", 'import { a } from "../core/plan.ts";', /helpers is no place/],
    ["src/core/plan.ts", 'import { a } from "../../scripts/source.ts";', /leaves src/],
  ];
  for (const [path, text, why] of wrong) {
    const found = wrongDirections(planted(path, text));
    assert.equal(found.length, 1, text);
    assert.match(found[0] ?? "", why);
  }
});

test("edges of the house, and what only looks like an import, are let through", () => {
  const right: readonly (readonly [path: string, text: string])[] = [
    ["src/deploy/run.ts", 'import { up } from "../migrate/index.ts";'],
    ["src/db/server.ts", 'const { stop } = await import("../engines/native.ts");'],
    ["src/cli/main.ts", 'import { createSteward } from "../steward.ts";'],
    ["src/registry.ts", 'const shortcut = () => import("./migrate/up.ts");'],
    ["src/steward.ts", 'const who = await import("./who.ts");'],
    ["src/core/plan.ts", '// import { a } from "../engines/open.ts";\n/* import "../cli/main.ts" */'],
  ];
  for (const [path, text] of right) assert.deepEqual(wrongDirections(planted(path, text)), []);
});

test("a planted cycle is named", () => {
  const files = [...planted("src/core/a.ts", 'import { b } from "./b.ts";'), ...planted("src/core/b.ts", 'import { a } from "./a.ts";')];
  assert.deepEqual(fileCycles(files), ["src/core/a.ts → src/core/b.ts → src/core/a.ts"]);
  const rooms = [
    ...planted("src/migrate/a.ts", 'import type { b } from "../backup/index.ts";'),
    ...planted("src/backup/b.ts", 'import { a } from "../migrate/index.ts";'),
  ];
  assert.deepEqual(placeCycles(rooms), ["migrate → backup → migrate"]);
  assert.deepEqual(fileCycles([...planted("src/core/a.ts", 'import type { B } from "./a.ts";')]), []);
});

test("a planted import of nothing, and of a package that is not installed, is named", () => {
  assert.deepEqual(missingTargets(planted("src/core/a.ts", 'import "./gone.ts";')), [
    "src/core/a.ts:1 → src/core/gone.ts: there is no such file",
  ]);
  const files = planted("src/core/a.ts", 'import parse from "libpg-query";\nimport { x } from "@scope/name/sub";\nimport pg from "pg";');
  assert.deepEqual(undeclared(files, { dependencies: { pg: "8" }, peerDependencies: {} }), [
    "src/core/a.ts:1 imports libpg-query, which is no dependency",
    "src/core/a.ts:2 imports @scope/name, which is no dependency",
  ]);
});
