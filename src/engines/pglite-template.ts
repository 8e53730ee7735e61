/** The data directory that PGlite starts from: initdb in WASM takes 2 to 10 s, unpacking its result half a second. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import type { Listener } from "../core/events.ts";
import { PgliteThread } from "./pglite-thread.ts";
import type { PglitePackages } from "./pglite-packages.ts";

/** Path of the cached tar; made first where there is none. Its name holds its checksum, which the worker compares. */
export async function pgliteTemplate(
  packages: PglitePackages,
  { cacheDir, events }: { readonly cacheDir: string; readonly events?: Listener | undefined },
): Promise<string> {
  const directory = writable(cacheDir);
  const prefix = `pglite-${packages.version}-`;
  const cached = readdirSync(directory).find((name) => name.startsWith(prefix));
  if (cached !== undefined) return join(directory, cached);
  events?.({ type: "wait", message: "preparing PGlite's template database (once)" });
  const draft = join(directory, `draft-${process.pid}-${Math.floor(performance.now() * 1000)}`);
  try {
    const task = { module: packages.module, dataDir: undefined, template: undefined, bundles: new Map(), dumpTo: draft };
    await (await PgliteThread.start(task, directory)).close();
    const path = join(directory, `${prefix}${crc32(readFileSync(draft)).toString(16)}.tar`);
    renameSync(draft, path);
    return path;
  } finally {
    rmSync(draft, { force: true });
  }
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
