/** The seeders beside what the ledger says of them: what every verb of the room begins with. */
import type { Context } from "../core/operation.ts";
import type { SeederFile } from "./file.ts";
import { readSeeders } from "./folder.ts";
import { readRecords, type SeedRecord } from "./history.ts";
import { driftOf } from "./shape.ts";

/** `drifted`: the schema changed so that it no longer fits. `missing`: it ran, and its file is gone. */
export type SeederState = "pending" | "applied" | "changed" | "drifted" | "missing";

export interface Standing {
  readonly name: string;
  readonly state: SeederState;
  readonly file: SeederFile | undefined;
  readonly record: SeedRecord | undefined;
  /** Why it is drifted, one sentence each. */
  readonly drift: readonly string[];
}

export interface View {
  readonly dir: string;
  readonly files: readonly SeederFile[];
  /** In the order of the files; what is missing comes last. */
  readonly standings: readonly Standing[];
}

export async function look(ctx: Context): Promise<View> {
  const { dir, files } = await readSeeders(ctx.config);
  const session = await ctx.session();
  const records = await readRecords(session);
  const here = files.map((file) => ({ file, record: records.get(file.name) }));
  const drifts = await driftOf(
    session,
    here.map(({ record }) => record?.shape ?? {}),
  );
  const standings = here.map(({ file, record }, i): Standing => {
    const drift = record?.hash === file.hash ? (drifts[i] ?? []) : [];
    return { name: file.name, state: stateOf(file, record, drift), file, record, drift };
  });
  const missing = [...records.values()]
    .filter(({ seeder }) => !files.some(({ name }) => name === seeder))
    .map((record): Standing => ({ name: record.seeder, state: "missing", file: undefined, record, drift: [] }));
  return { dir, files, standings: [...standings, ...missing] };
}

function stateOf({ hash }: SeederFile, record: SeedRecord | undefined, drift: readonly string[]): SeederState {
  if (!record) return "pending";
  if (record.hash !== hash) return "changed";
  return drift.length > 0 ? "drifted" : "applied";
}
