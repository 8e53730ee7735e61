/** What every operation of this room looks at first: the folder, the history, and where each migration stands. */
import type { Context } from "../core/operation.ts";
import { failure } from "../core/errors.ts";
import type { Finding } from "../core/finding.ts";
import { compare, judge, type Standing } from "./compare.ts";
import { migrateErrors } from "./errors.ts";
import { type Folder, locateFolder, readFolder } from "./folder.ts";
import { list } from "./words.ts";
import { type History, readHistory } from "./history.ts";

export interface View {
  readonly folder: Folder;
  readonly history: History;
  readonly standings: readonly Standing[];
  readonly findings: readonly Finding[];
}

/** Reads files and history at the same time. `outOfOrder` overrides the configuration. */
export async function look(ctx: Context, outOfOrder: "strict" | "warn" | "allow" = ctx.config.migrate.outOfOrder): Promise<View> {
  // A command in the wrong directory must not make an embedded server there.
  locateFolder(ctx.config);
  const [folder, history] = await Promise.all([readFolder(ctx.config), ctx.session().then(readHistory)]);
  const standings = compare(folder.files, history);
  return { folder, history, standings, findings: judge(standings, outOfOrder) };
}

/** The migration that a person means by a version or a name; leading zeros do not matter. */
export function find(standings: readonly Standing[], wanted: string): Standing {
  const bare = (text: string): string => text.replace(/^0+(?=\d)/, "");
  const found =
    standings.find(({ name }) => name === wanted || `${name}.sql` === wanted) ??
    standings.find(({ version }) => version !== "" && bare(version) === bare(wanted));
  if (!found) {
    const known = standings.map(({ version, name }) => version || name);
    throw failure(
      migrateErrors,
      "MIGRATE_UNKNOWN_VERSION",
      { version: wanted },
      { hint: `the versions are: ${known.slice(-12).join(", ")}` },
    );
  }
  return found;
}

const refusals = {
  changed: "MIGRATE_CHECKSUM_CHANGED",
  missing: "MIGRATE_MISSING",
  renamed: "MIGRATE_RENAMED",
} as const;

/** Throws the first kind of trouble that keeps migrations from running, naming every migration that has it. */
export function refuseTrouble(standings: readonly Standing[], forced: boolean): void {
  for (const [state, code] of Object.entries(refusals) as [keyof typeof refusals, (typeof refusals)[keyof typeof refusals]][]) {
    const names = standings.filter((standing) => standing.state === state).map(({ name }) => name);
    if (names.length === 0 || (state === "changed" && forced)) continue;
    throw failure(migrateErrors, code, { names: `${list(names)} ${names.length === 1 ? "was" : "were"}`, migrations: names });
  }
}
