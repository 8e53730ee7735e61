/** The data directory that PGlite starts from: initdb in WASM takes 2 to 10 s, unpacking its result half a second. */
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Listener } from "../core/events.ts";
import { PgliteThread } from "./pglite-thread.ts";
import type { PglitePackages } from "./pglite-packages.ts";

/** Path of the cached tar, made first where it is not there or cannot be right. */
export async function pgliteTemplate(
  packages: PglitePackages,
  { cacheDir, events }: { readonly cacheDir: string; readonly events?: Listener | undefined },
): Promise<string> {
  const directory = writable(cacheDir);
  const path = join(directory, `pglite-${packages.version}.tar`);
  if (looksWhole(path)) return path;
  events?.({ type: "wait", message: "preparing PGlite's template database (once)" });
  const draft = join(directory, `draft-${process.pid}-${Math.floor(performance.now() * 1000)}.tar`);
  try {
    const thread = await PgliteThread.start(
      { module: packages.module, dataDir: undefined, template: undefined, bundles: new Map(), dumpTo: draft },
      "memory",
    );
    await thread.close();
    renameSync(draft, path);
  } finally {
    rmSync(draft, { force: true });
  }
  return path;
}

/** Forgets a template that PGlite could not start from. */
export function discardTemplate(path: string): void {
  rmSync(path, { force: true });
}

function writable(cacheDir: string): string {
  try {
    mkdirSync(cacheDir, { recursive: true });
    return cacheDir;
  } catch {
    // A home that is read-only or does not exist: this run makes its own.
    return mkdtempSync(join(tmpdir(), "pgsteward-"));
  }
}

/** A tar ends in two empty blocks, and the one of a whole data directory has about 40 MB. */
function looksWhole(path: string): boolean {
  return existsSync(path) && statSync(path).size > 10_000_000;
}
