/** The data directory that PGlite starts from: initdb in WASM takes 2 to 10 s, unpacking its result half a second. */
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
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

/** A home that is read-only or does not exist has no cache; a private directory beside the other temporary files does as well. */
function writable(cacheDir: string): string {
  try {
    mkdirSync(cacheDir, { recursive: true });
    return cacheDir;
  } catch {
    const shared = join(tmpdir(), `pgsteward-cache-${process.getuid?.() ?? ""}`);
    mkdirSync(shared, { recursive: true, mode: 0o700 });
    const { uid, mode } = lstatSync(shared);
    // Its name can be guessed: what others can write must not become anybody's database.
    return (mode & 0o777) === 0o700 && uid === process.getuid?.() ? shared : mkdtempSync(`${shared}-`);
  }
}
