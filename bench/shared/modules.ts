/** What a program loads. */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Program, runWell } from "./measure.ts";
import type { Workspace } from "./workspace.ts";

/** Runs the program once more, with a hook that counts: `72 modules loaded: pgsteward 40, pg 12, …`. */
export async function describeLoaded(workspace: Workspace, subject: Program): Promise<string> {
  const file = join(workspace.dir, "modules.json");
  const hook = new URL("../programs/count-modules.mjs", import.meta.url).href;
  await runWell({ ...subject, args: ["--import", hook, ...subject.args], env: { ...subject.env, BENCH_MODULES_FILE: file } });
  const urls = (JSON.parse(readFileSync(file, "utf8")) as string[]).filter((url) => url !== hook);
  rmSync(file);
  const owners = new Map<string, number>();
  for (const url of urls) {
    const owner = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1] ?? "the project";
    owners.set(owner, (owners.get(owner) ?? 0) + 1);
  }
  return `${urls.length} modules loaded: ${[...owners].map(([owner, count]) => `${owner} ${count}`).join(", ")}`;
}
