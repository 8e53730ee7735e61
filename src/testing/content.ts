/** What a template database is made of, as one hash: the same files give the same template. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import type { Config } from "../core/config.ts";
import type { Environment } from "../core/guard.ts";
import { sha256 } from "../core/hash.ts";
import { findMigrations } from "../core/migration-folder.ts";
import { findSeeders } from "../core/seed-folder.ts";
import { toolVersion } from "../core/version.ts";

/** What is put into a template. */
export interface Recipe {
  /** The profile of seeders that run; undefined for none. */
  readonly seed: Environment | undefined;
  readonly minimal: boolean;
  /** What `seed fill` is asked for; undefined for no generated rows. */
  readonly fill: object | undefined;
  /** Files and folders beside migrations, seeders and the configuration that decide what is in the database. */
  readonly include: readonly string[];
}

/** Of every file that decides what the template holds, and of what runs them. */
export function contentHash(config: Config, { seed, minimal, fill, include }: Recipe): string {
  const seeders = seed === undefined && fill === undefined ? undefined : findSeeders(config);
  const places = [
    config.file,
    findMigrations(config),
    config.migrate.prelude,
    seeders,
    ...include.map((path) => resolve(config.root, path)),
  ];
  const paths = places.filter((path) => path !== undefined && existsSync(path)).flatMap((path) => filesIn(path as string));
  const files = paths.map((path) => `${relative(config.root, path)}\0${sha256(readFileSync(path))}`);
  return sha256([toolVersion, config.root, JSON.stringify([seed, minimal, fill]), ...files].join("\0")).slice(0, 12);
}

function filesIn(path: string): readonly string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
