/**
 * Emits dist/ with plain tsc: what is shipped has the shape of what is written. Built beside and swapped in, so that a
 * command that runs meanwhile never finds half of it.
 */
import { spawnSync } from "node:child_process";
import { existsSync, renameSync, rmSync } from "node:fs";

const [fresh, old] = [`.dist-${process.pid}-new`, `.dist-${process.pid}-old`];
const { status } = spawnSync("tsc", ["-p", "tsconfig.build.json", "--outDir", fresh], {
  stdio: "inherit",
  shell: process.platform === "win32",
});
process.exitCode = status ?? 1;
try {
  // A type error somewhere fails the build, and still leaves the rest to be tried out.
  if (existsSync(fresh)) {
    if (existsSync("dist")) renameSync("dist", old);
    renameSync(fresh, "dist");
  }
} finally {
  for (const dir of [fresh, old]) rmSync(dir, { recursive: true, force: true });
}
