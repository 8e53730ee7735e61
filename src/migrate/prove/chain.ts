/** The proof of all migrations together: all up, all down in reverse is the start, all up is the same again. */
import type { Catalog } from "../../core/catalog.ts";
import { diffCatalogs } from "../../core/schema-diff.ts";
import type { MigrationFile } from "../file.ts";
import type { Bench } from "../replay.ts";
import { failureOf, ownedCatalog, runAlone } from "./bench.ts";
import { type ChainProof, type FileProof, lines } from "./proof.ts";

/** Runs `files` on a bench that stands before the first of them, and takes everything back. */
export async function proveChain(bench: Bench, files: readonly MigrationFile[], proofs: readonly FileProof[]): Promise<ChainProof> {
  const obstacle = proofs.find(({ verdict }) => verdict === "no down" || verdict === "cannot be proved");
  if (obstacle) return { verdict: "cannot be proved", problems: [], reason: `${obstacle.name}: ${obstacle.reason}` };
  const problems = await bench.undoing(() => runChain(bench, files));
  return { verdict: problems.length > 0 ? "not proved" : "proved", problems, reason: null };
}

async function runChain(bench: Bench, files: readonly MigrationFile[]): Promise<string[]> {
  await bench.session.script("set local check_function_bodies = on");
  const start = await ownedCatalog(bench);
  const up = await runAll(bench, files, "up");
  if (typeof up === "string") return [up];
  const down = await runAll(bench, files.toReversed(), "down");
  if (typeof down === "string") return [down];
  const again = await runAll(bench, files, "up");
  if (typeof again === "string") return [again];
  return [...lines(diffCatalogs(start, down), "after all down"), ...lines(diffCatalogs(up, again), "after all down and up")];
}

/** The catalog behind the last one, or what failed. */
async function runAll(bench: Bench, files: readonly MigrationFile[], direction: "up" | "down"): Promise<Catalog | string> {
  for (const file of files) {
    const failed = await failureOf(runAlone(bench, file, direction));
    if (failed) return `${direction} of ${file.name} fails: ${failed.message}`;
  }
  return ownedCatalog(bench);
}
