/** Applies the migrations that come before those that are judged. */
import { asStewardError, failure, type StewardError, sqlstate } from "../../core/errors.ts";
import type { Statement } from "../../core/sql-text.ts";
import { migrateErrors } from "../errors.ts";
import type { MigrationFile } from "../file.ts";
import { explainSql } from "../locate.ts";
import { boundsLeftBy, inTransaction } from "../replay.ts";
import { loadScript } from "../script.ts";
import { replaySettings, type Segment, segmentsOf } from "../segments.ts";
import { beyond, guarded } from "./guarded.ts";
import { isShared } from "./shared.ts";
import { begin, commit, forgetSettings, type Stage } from "./stage.ts";

/** What could not be executed, and why. */
export interface Unseen {
  readonly file: string;
  readonly statement: string;
  readonly reason: string;
}

/** Applies a migration; answers with what was left out. Errors: MIGRATE_SCRATCH_FAILED. */
export async function applyBefore(stage: Stage, file: MigrationFile): Promise<readonly Unseen[]> {
  const unseen: Unseen[] = [];
  for (const run of file.kind === "ts" ? [() => runScript(stage, file)] : segmentRuns(stage, file)) {
    await stage.session.script(`${begin(stage)} set local check_function_bodies = off`);
    unseen.push(...(await run()));
    await stage.session.script(commit(stage));
  }
  await forgetSettings(stage, file);
  return unseen;
}

function segmentRuns(stage: Stage, file: MigrationFile): (() => Promise<readonly Unseen[]>)[] {
  return segmentsOf(file.up, file.transaction).map((segment) => async () => {
    const bySteps =
      stage.missing.length > 0 || (!stage.alone && segment.statements.some(isShared)) || !(await runWhole(stage, file, segment));
    return bySteps ? runBySteps(stage, file, segment) : [];
  });
}

async function runScript({ session }: Stage, file: MigrationFile): Promise<readonly Unseen[]> {
  await (await loadScript(file, "up")).run(session);
  return [];
}

/** False where it was taken back because some statement of it reaches beyond the database. */
async function runWhole(stage: Stage, file: MigrationFile, segment: Segment): Promise<boolean> {
  const text = inTransaction(segment, stage.roles) + (await boundsLeftBy(stage.session, segment));
  const settings = replaySettings(segment);
  try {
    return typeof (await guarded(stage, `${settings}${text}`)) !== "string";
  } catch (error) {
    if (commits(segment, error)) return startAgain(stage);
    throw scratchFailure(error, file, segment, settings.length);
  }
}

async function runBySteps(stage: Stage, file: MigrationFile, segment: Segment): Promise<readonly Unseen[]> {
  const unseen: Unseen[] = [];
  for (const statement of segment.statements) {
    const reason = await runStep(
      stage,
      file,
      { ...segment, statements: [statement], text: statement.text, offset: statement.start },
      statement,
    );
    if (reason !== undefined) unseen.push({ file: file.name, statement: statement.text, reason });
  }
  return unseen;
}

async function runStep(stage: Stage, file: MigrationFile, one: Segment, statement: Statement): Promise<string | undefined> {
  if (!stage.alone && isShared(statement)) return beyond;
  try {
    const done = await guarded(stage, inTransaction(one, stage.roles) + (await boundsLeftBy(stage.session, one)));
    return typeof done === "string" ? done : undefined;
  } catch (error) {
    if (commits(one, error)) {
      await startAgain(stage);
      return undefined;
    }
    // Whatever needs a missing extension fails, and whatever needs that.
    if (stage.missing.length > 0) return asStewardError(error).message;
    throw scratchFailure(error, file, one, 0);
  }
}

/** A CALL or DO that commits works on data batch by batch; there is none here. */
function commits({ bare }: Segment, error: unknown): boolean {
  return bare === "unknown" && sqlstate(error) === "2D000";
}

async function startAgain({ session, tolerant }: Stage): Promise<true> {
  if (!tolerant) await session.script("rollback; begin");
  return true;
}

function scratchFailure(
  error: unknown,
  { name, up }: MigrationFile,
  { offset, statements, settings }: Segment,
  prefix: number,
): StewardError {
  const begun = prefix === 0 ? 0 : settings.length;
  const cause = explainSql(asStewardError(error), { name, section: up, offset, statements, prefix, begun }, 0);
  return failure(migrateErrors, "MIGRATE_SCRATCH_FAILED", { ...cause.data, text: cause.message }, { cause, detail: cause.detail });
}
