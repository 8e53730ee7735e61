/**
 * The files of a snapshot in the folder of seeders. All are written aside first, so that a snapshot that fails leaves the
 * last one as it was; then each takes its place by a rename. What no snapshot wrote, or somebody edited, is never touched.
 */
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { failure } from "../../core/errors.ts";
import { sha256 } from "../../core/hash.ts";
import { seedErrors } from "../errors.ts";

/** `snapshot.json`: what the snapshot holds, and by which content its files are known again. */
export interface Manifest {
  readonly takenAt: string;
  readonly tables: Readonly<Record<string, { readonly rows: number; readonly of: number; readonly replaced: readonly string[] }>>;
  /** sha256 by name. */
  readonly files: Readonly<Record<string, string>>;
  /** While files are put in place: those that were there. */
  readonly before?: Readonly<Record<string, string>>;
}

const manifestName = "snapshot.json";

/** Where files are written aside; a folder that begins with a dot is no seeder's. */
export const asideOf = (dir: string): string => join(dir, ".snapshot");

/** Empty, whatever a run that was killed has left. */
export async function openAside(aside: string): Promise<void> {
  await rm(aside, { recursive: true, force: true });
  await mkdir(aside, { recursive: true });
}

/** Puts the files in place and takes away those of the last snapshot. Errors: SEED_SNAPSHOT_FILE_TAKEN. */
export async function putInPlace(dir: string, aside: string, manifest: Manifest): Promise<void> {
  const last = await readManifest(dir);
  // A run that was killed here has left files of both.
  const before = [...Object.entries(last?.files ?? {}), ...Object.entries(last?.before ?? {})];
  const known = Map.groupBy(before, ([name]) => name);
  for (const name of new Set([...Object.keys(manifest.files), ...known.keys()])) {
    await refuseForeign(
      join(dir, name),
      (known.get(name) ?? []).map(([, hash]) => hash),
    );
  }
  await writeManifest(dir, { ...manifest, before: Object.fromEntries(before) });
  for (const name of Object.keys(manifest.files)) await rename(join(aside, name), join(dir, name));
  for (const name of known.keys()) if (!(name in manifest.files)) await rm(join(dir, name), { force: true });
  await writeManifest(dir, manifest);
}

async function refuseForeign(path: string, hashes: readonly string[]): Promise<void> {
  if (!existsSync(path) || hashes.includes(sha256(await readFile(path)))) return;
  throw failure(seedErrors, "SEED_SNAPSHOT_FILE_TAKEN", { path });
}

async function readManifest(dir: string): Promise<Manifest | undefined> {
  const path = join(dir, manifestName);
  if (!existsSync(path)) return undefined;
  try {
    const manifest = JSON.parse(await readFile(path, "utf8")) as Manifest;
    if (typeof manifest.files === "object") return manifest;
  } catch {
    // Told below.
  }
  throw failure(seedErrors, "SEED_SNAPSHOT_FILE_TAKEN", { path });
}

async function writeManifest(dir: string, manifest: Manifest): Promise<void> {
  const path = join(dir, manifestName);
  await writeFile(`${path}.new`, `${JSON.stringify(manifest, null, 2)}\n`);
  await rename(`${path}.new`, path);
}
