/** What a git branch added to the folder of migrations: the folder as it stands there, read by its own layout. */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { promisify } from "node:util";
import { failure } from "../../core/errors.ts";
import { migrateErrors } from "../errors.ts";
import type { MigrationFile } from "../file.ts";
import type { Folder } from "../folder.ts";

const run = promisify(execFile);

/** The folder's migrations at `ref` and at the point where `ref` and the checkout parted. Errors: MIGRATE_GIT_FAILED. */
export async function filesAt(
  folder: Folder,
  ref: string,
): Promise<{ theirs: readonly MigrationFile[]; parted: readonly MigrationFile[] }> {
  const base = (await git(folder.dir, "merge-base", "HEAD", ref)).trim();
  return { theirs: await readAt(folder, ref), parted: await readAt(folder, base) };
}

/** Written to a temporary folder, because a layout reads folders. */
async function readAt({ dir, layout }: Folder, ref: string): Promise<readonly MigrationFile[]> {
  const root = (await git(dir, "rev-parse", "--show-toplevel")).trim();
  const within = relative(root, dir).replaceAll("\\", "/");
  const listed = await git(root, "ls-tree", "-r", "--name-only", "-z", ref, "--", within === "" ? "." : within);
  const copy = await mkdtemp(join(tmpdir(), "pgsteward-branch-"));
  try {
    for (const path of listed.split("\0").filter(Boolean)) {
      const target = join(copy, relative(within, path));
      await mkdir(dirname(target), { recursive: true });
      await writeFile(target, await git(root, "show", `${ref}:${path}`));
    }
    return await layout.read(copy);
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

async function git(cwd: string, ...args: readonly string[]): Promise<string> {
  try {
    return (await run("git", args, { cwd, maxBuffer: 64 * 1024 * 1024 })).stdout;
  } catch (cause) {
    const said = ((cause as { stderr?: string }).stderr ?? (cause as Error).message).trim().split("\n")[0];
    throw failure(migrateErrors, "MIGRATE_GIT_FAILED", { command: `git ${args.slice(0, 3).join(" ")}`, said }, { cause });
  }
}
