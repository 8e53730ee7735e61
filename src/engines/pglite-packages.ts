/** The npm packages of PGlite: where they are, that they are the versions that work together, what extensions they bring. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { failure } from "../core/errors.ts";
import { engineErrors } from "./errors.ts";

/** Exactly these: the satellites are built for one core, and other combinations install only by force. */
export const pgliteVersions: Readonly<Record<string, string>> = {
  "@electric-sql/pglite": "0.5.14",
  "@electric-sql/pglite-pgvector": "0.0.15",
};
/** Of PostgreSQL in that version. */
export const pgliteServerVersion = 180_006;
export const pgliteMajor = 18;

const install = `npm install -D ${Object.entries(pgliteVersions)
  .map(([name, version]) => `${name}@${version}`)
  .join(" ")}`;

/** Returns the directory of a package as seen from a project, or undefined. Replaced in tests. */
export type PackageFinder = (name: string) => string | undefined;

export interface PglitePackages {
  readonly version: string;
  /** URL of PGlite's ES module. */
  readonly module: string;
  /** Extension name → URL of its bundle. */
  readonly bundles: ReadonlyMap<string, string>;
}

/** Looks in the project, then where pgsteward itself is. */
export function packageFinder(root: string): PackageFinder {
  return (name) => {
    for (const from of [join(root, "package.json"), import.meta.url]) {
      try {
        // The entry is dist/index.cjs; package.json itself is not exported.
        return dirname(dirname(createRequire(from).resolve(name)));
      } catch {
        continue;
      }
    }
    return undefined;
  };
}

/** Whether PGlite is there at all, in whatever version. */
export function pgliteInstalled(find: PackageFinder): boolean {
  return find("@electric-sql/pglite") !== undefined;
}

/** Errors: ENGINE_NOT_INSTALLED, ENGINE_VERSION_MISMATCH. */
export function pglitePackages(find: PackageFinder): PglitePackages {
  const core = checked("@electric-sql/pglite", find);
  if (core === undefined) throw failure(engineErrors, "ENGINE_NOT_INSTALLED", { what: "PGlite", install });
  const vector = checked("@electric-sql/pglite-pgvector", find);
  const bundles = new Map(contribs(core).map((name) => [name, bundleUrl(core, bundleOf[name] ?? name)]));
  if (vector !== undefined) bundles.set("vector", bundleUrl(vector, "vector"));
  return { version: pgliteVersions["@electric-sql/pglite"] as string, module: pathToFileURL(join(core, "dist/index.js")).href, bundles };
}

/** Names of the extensions that PGlite offers here, without loading it; empty where it is not installed. */
export function pgliteExtensions(find: PackageFinder): ReadonlySet<string> {
  return pgliteInstalled(find) ? new Set([...pglitePackages(find).bundles.keys(), "plpgsql"]) : new Set();
}

function checked(name: string, find: PackageFinder): string | undefined {
  const directory = find(name);
  if (directory === undefined) return undefined;
  const { version } = JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as { version: string };
  const wanted = pgliteVersions[name];
  if (version === wanted) return directory;
  throw failure(engineErrors, "ENGINE_VERSION_MISMATCH", { package: name, found: version, wanted, install });
}

/** Bundles that hold several extensions. */
const bundleOf: Readonly<Record<string, string>> = { moddatetime: "spi" };
/** Libraries without SQL objects: nothing that CREATE EXTENSION takes. */
const libraries = new Set(["auto_explain", "passwordcheck"]);

/** dist/contrib has one module for each extension; uuid_ossp is the only one whose file is called otherwise. */
function contribs(core: string): string[] {
  const directory = join(core, "dist/contrib");
  const files = existsSync(directory) ? readdirSync(directory) : [];
  const names = files.filter((file) => file.endsWith(".js")).map((file) => file.slice(0, -3).replace("uuid_ossp", "uuid-ossp"));
  return names.filter((name) => !libraries.has(name));
}

function bundleUrl(directory: string, name: string): string {
  return pathToFileURL(join(directory, "dist", `${name}.tar.gz`)).href;
}
