/**
 * Emits dist/ with plain tsc: what is shipped has the shape of what is written. Built beside and swapped in, so that a
 * command that runs meanwhile never finds half of it.
 */
import { execFileSync } from "node:child_process";
import { existsSync, renameSync, rmSync } from "node:fs";

const [fresh, old] = [`.dist-${process.pid}-new`, `.dist-${process.pid}-old`];
try {
  execFileSync("tsc", ["-p", "tsconfig.build.json", "--outDir", fresh], { stdio: "inherit", shell: process.platform === "win32" });
  if (existsSync("dist")) renameSync("dist", old);
  renameSync(fresh, "dist");
} catch {
  process.exitCode = 1;
} finally {
  for (const dir of [fresh, old]) rmSync(dir, { recursive: true, force: true });
}
