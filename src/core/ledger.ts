/**
 * Ledger: the schema `pgsteward` in the target database. This file installs and upgrades it and records runs; what a
 * room keeps beside that (the migrations in force) is the room's.
 */
import type { Session } from "./engine.ts";
import type { DatabaseState, StewardError } from "./errors.ts";
import { failure, sqlstate } from "./errors.ts";
import type { Environment } from "./guard.ts";
import { literal, sql } from "./sql.ts";
import { toolVersion } from "./version.ts";

export const ledgerErrors = {
  LEDGER_NEWER: {
    exit: 2,
    message: "the ledger of this database was written by a newer pgsteward (ledger version {found}, this one knows {known})",
    hint: "upgrade pgsteward to the version that the other users of this database run",
    when: "The schema pgsteward has a version that this release does not know. Nothing is read or changed.",
  },
  LEDGER_FORBIDDEN: {
    exit: 4,
    message: "the role {role} may not create the schema pgsteward",
    hint: "as the database's owner run: create schema pgsteward authorization {role}",
    when: "The ledger is not installed yet and the role has no right to create schemas in the database.",
  },
} as const;

/** How many numbered files sql/ holds; test/house keeps it true. */
export const ledgerVersion = 3;

/** PostgreSQL's answers where the ledger does not exist yet: undefined_table, invalid_schema_name. */
const absent: readonly (string | undefined)[] = ["42P01", "3F000"];

export function isLedgerAbsent(error: unknown): boolean {
  return absent.includes(sqlstate(error));
}

/** Refuses a ledger that a newer release wrote. */
export function refuseNewer(found: number | null): void {
  if (found !== null && found > ledgerVersion) throw failure(ledgerErrors, "LEDGER_NEWER", { found, known: ledgerVersion });
}

/** The installed version, 0 where there is no ledger. */
export async function installedLedger(session: Session): Promise<number> {
  try {
    const { rows } = await session.query<{ version: number | null }>("select max(version) as version from pgsteward.ledger_version");
    return rows[0]?.version ?? 0;
  } catch (error) {
    if (isLedgerAbsent(error)) return 0;
    throw error;
  }
}

/** Brings the ledger up to date in one transaction. The caller holds the lock. */
export async function ensureLedger(session: Session): Promise<void> {
  const installed = await installedLedger(session);
  refuseNewer(installed);
  if (installed === ledgerVersion) return;
  const { readdir, readFile } = await import("node:fs/promises");
  const folder = new URL("../../sql/", import.meta.url);
  const names = (await readdir(folder))
    .filter((name) => name.endsWith(".sql"))
    .sort()
    .slice(installed);
  const files = await Promise.all(names.map((name) => readFile(new URL(name, folder), "utf8")));
  const records = names.map(
    (_, i) => `insert into pgsteward.ledger_version (version, tool_version) values (${installed + i + 1}, ${literal(toolVersion)});`,
  );
  try {
    await session.script(`begin;\n${files.map((file, i) => `${file}\n${records[i]}`).join("\n")}\ncommit;`);
  } catch (error) {
    await session.script("rollback");
    if (sqlstate(error) !== "42501") throw error;
    const { rows } = await session.query<{ role: string }>("select current_user as role");
    throw failure(ledgerErrors, "LEDGER_FORBIDDEN", { role: rows[0]?.role }, { cause: error });
  }
}

export interface RunRecord {
  readonly operation: string;
  readonly input: unknown;
  readonly planHash: string;
  readonly environment: Environment;
  readonly actor: string;
  readonly host: string;
  readonly stepsTotal: number;
}

/** Opens a row in `pgsteward.run`; a row that stays `running` tells of a killed run. */
export async function beginRun(session: Session, run: RunRecord): Promise<bigint> {
  const { rows } = await session.query<{ id: bigint }>(sql`
    insert into pgsteward.run (operation, input, plan_hash, environment, actor, host, tool_version, steps_total)
    values (${run.operation}, ${JSON.stringify(run.input)}, ${run.planHash}, ${run.environment}, ${run.actor}, ${run.host}, ${toolVersion}, ${run.stepsTotal})
    returning id`);
  return rows[0]?.id ?? 0n;
}

export async function finishRun(session: Session, id: bigint, stepsDone: number): Promise<void> {
  await session.query(sql`
    update pgsteward.run set result = 'done', steps_done = ${stepsDone}, finished_at = clock_timestamp() where id = ${id}`);
}

export async function failRun(session: Session, id: bigint, stepsDone: number, error: StewardError, state: DatabaseState): Promise<void> {
  await session.query(sql`
    update pgsteward.run
    set result = 'failed', steps_done = ${stepsDone}, error = ${JSON.stringify(error)}, database_state = ${state}, finished_at = clock_timestamp()
    where id = ${id}`);
}
