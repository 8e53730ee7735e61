/** Which migrations are judged, and which are applied before them. */
import { resolve } from "node:path";
import type { Context } from "../../core/operation.ts";
import { compare, type Standing } from "../compare.ts";
import type { MigrationFile } from "../file.ts";
import { readFolder } from "../folder.ts";
import { find, look } from "../look.ts";
import type { LintOptions } from "./lint.ts";

export interface Chosen {
  readonly file: MigrationFile;
  readonly judged: boolean;
  /** The target has nothing of it. */
  readonly pending?: boolean;
}

/** In the order of execution, up to the last that is judged. */
export async function choose(ctx: Context, { files = [], all = false, since, live = true }: LintOptions): Promise<readonly Chosen[]> {
  const standings = inOrder(live ? (await look(ctx)).standings : compare((await readFolder(ctx.config)).files, noHistory));
  const named = new Set(files.map((name) => standingOf(ctx, standings, name)));
  const after = since === undefined ? undefined : standings.indexOf(find(standings, since));
  const wanted = (standing: Standing, at: number): boolean => {
    if (named.size > 0) return named.has(standing);
    if (after !== undefined) return at > after;
    return all || !live || standing.state === "pending" || standing.state === "applying";
  };
  const chosen = standings.map(({ file, state }, at) => ({
    file,
    judged: wanted(standings[at] as Standing, at),
    pending: live && state === "pending",
  }));
  return chosen.slice(0, chosen.findLastIndex(({ judged }) => judged) + 1).flatMap(({ file, ...one }) => (file ? [{ file, ...one }] : []));
}

const noHistory = { rows: [], failures: [], installed: false };

/** As they were applied, then as they will be. */
function inOrder(standings: readonly Standing[]): readonly Standing[] {
  const applied = standings.filter(({ row, state }) => row !== undefined && state !== "applying");
  const pending = standings.filter((standing) => !applied.includes(standing));
  return [...applied.toSorted((a, b) => Number(a.row?.appliedAt) - Number(b.row?.appliedAt)), ...pending];
}

/** By path, as an editor or a commit hook gives it, or by name or version. */
function standingOf({ config }: Context, standings: readonly Standing[], wanted: string): Standing {
  const path = resolve(config.root, wanted);
  return standings.find(({ file }) => file?.path === path) ?? find(standings, wanted.replace(/^.*[\\/]/, ""));
}
