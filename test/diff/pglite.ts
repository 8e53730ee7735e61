/** PGlite in memory as a bench, for extensions that the native server lacks. */
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openPglite } from "../../src/engines/pglite.ts";
import { root } from "../support/migrate-server.ts";
import type { Bench } from "./bench.ts";

export async function openScratchPglite(extensions: readonly string[]): Promise<Bench> {
  const engine = await openPglite({ root, directory: undefined, extensions, cacheDir: join(tmpdir(), "pgsteward-test-cache") });
  const session = await engine.session();
  return { session, version: engine.version, close: () => engine.close() };
}
