/**
 * A scratch database on which every migration commits, as it would in earnest. Only so do locks show: a transaction that
 * made a table holds ACCESS EXCLUSIVE on it, and no later lock of the same transaction can be told from that one.
 */
import type { Session } from "../../core/engine.ts";
import type { Context } from "../../core/operation.ts";
import { literal } from "../../core/sql.ts";
import type { MigrationFile } from "../file.ts";
import { createRoles, runPrelude } from "../replay.ts";
import { segmentsOf } from "../segments.ts";
import { changesSettings } from "../settings.ts";
import { BorrowedRoles, dropStaleRoles } from "./borrowed-roles.ts";

export interface Stage {
  readonly session: Session;
  readonly version: number;
  readonly where: string;
  /** Extensions that it lacks. */
  readonly missing: readonly string[];
  /** What catalogs leave out. */
  readonly ignoreSchemas: readonly string[];
  /** Roles that exist in earnest: CREATE ROLE of one of them is left out. */
  readonly roles: ReadonlySet<string>;
  /** It has a server of its own: roles are committed under their names. */
  readonly alone: boolean;
  readonly borrowed: BorrowedRoles;
  /** What every transaction begins with to be like one on the target. */
  readonly settings: string;
  /** A statement may fail, or have to be taken back, for reasons of the scratch database. */
  readonly tolerant: boolean;
}

export interface StageOptions {
  /** Of the target. */
  readonly timeZone?: string | undefined;
  readonly extensions: readonly string[];
  /** Roles of the target, or those that files name. */
  readonly roles: readonly string[];
}

/** Opens a stage for `body`, and throws it away. */
export async function onStage<T>(
  ctx: Context,
  { extensions, roles: wanted, timeZone }: StageOptions,
  body: (stage: Stage) => Promise<T>,
): Promise<T> {
  const { session, version, where, missing, alone, discard } = await ctx.scratch(extensions);
  const borrowed = new BorrowedRoles(ctx.clock.now());
  try {
    if (!alone) await dropStaleRoles(session, ctx.clock.now());
    await session.script("begin");
    const present = await roleNames(session);
    const roles = await createRoles(session, wanted);
    if (!alone) borrowed.add([...roles].filter((name) => !present.has(name)));
    const ignoreSchemas = [...ctx.config.migrate.ignoreSchemas, ...(await runPrelude(ctx, session))];
    await session.script(`${borrowed.giveBack()} commit`);
    return await body({
      session,
      version,
      where,
      missing,
      ignoreSchemas,
      roles,
      alone,
      borrowed,
      settings: timeZone === undefined ? "" : `set local timezone = ${literal(timeZone)};`,
      tolerant: missing.length > 0 || !alone,
    });
  } finally {
    await session.script("rollback").catch(() => undefined);
    await session.script("reset session authorization; reset role; reset all").catch(() => undefined);
    await borrowed.drop(session);
    await discard();
  }
}

async function roleNames(session: Session): Promise<ReadonlySet<string>> {
  const { rows } = await session.query<{ name: string }>("select rolname as name from pg_catalog.pg_roles");
  return new Set(rows.map(({ name }) => name));
}

/** What begins a transaction: the roles have their names. */
export const begin = ({ borrowed, settings }: Stage): string => `begin; ${borrowed.take()} ${settings}`;

/** What ends it. Only the session's own role may rename others; a SET ROLE is made again by what comes next in the file. */
export const commit = ({ borrowed }: Stage): string => `reset session authorization; reset role; ${borrowed.giveBack()} commit`;

/** What a file sets for its session ends with it. */
export async function forgetSettings({ session }: Stage, file: MigrationFile): Promise<void> {
  const leaks = file.kind === "ts" || segmentsOf(file.up, file.transaction).some(({ statements }) => statements.some(changesSettings));
  if (leaks) await session.script("reset session authorization; reset role; reset all");
}
