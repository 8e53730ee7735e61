/** Taking a snapshot: what is there, what is wanted, what becomes of it, which rows, and the files. Reads only. */
import { rm } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import type { Session } from "../../core/engine.ts";
import { asStewardError, failure, sqlstate } from "../../core/errors.ts";
import type { Context } from "../../core/operation.ts";
import { sql } from "../../core/sql.ts";
import { seedErrors } from "../errors.ts";
import { findSeeders } from "../../core/seed-folder.ts";
import { count } from "../words.ts";
import { checkFixed } from "./checks.ts";
import { type Manifest, asideOf, openAside, putInPlace } from "./folder.ts";
import { loadOrder } from "./order.ts";
import { countPlaces, fromTable, isOneOf } from "./places.ts";
import { readRules, rule, type Ruling, type Undecided, withoutSkipped } from "./rules.ts";
import type { Reading as RowReading } from "./rows.ts";
import { type Chosen, selectRows, type Wanted } from "./select.ts";
import { readTables, shortName, type SnapshotTable } from "./shape.ts";
import type { SnapshotResult, SnapshotTableResult } from "./snapshot.ts";
import type { SnapshotSpec } from "./spec.ts";
import { type SnapshotOptions, wantedOf, wordsOf } from "./wanted.ts";
import { type Files, writeSeeder } from "./write.ts";

/**
 * Errors: SEED_SNAPSHOT_RULE_INVALID, SEED_SNAPSHOT_ROOT_INVALID, SEED_SNAPSHOT_UNDECIDED, SEED_SNAPSHOT_UNREADABLE,
 * SEED_SNAPSHOT_COLLISION, SEED_SNAPSHOT_CHECK, SEED_SNAPSHOT_FILE_TAKEN.
 */
export async function takeSnapshot(ctx: Context, options: SnapshotOptions): Promise<SnapshotResult> {
  const { config } = ctx;
  const seeders = findSeeders(config) ?? join(config.root, "seeders");
  const dir = options.out === undefined ? seeders : resolve(config.root, options.out);
  const { spec, path, exists } = await readRules(config, seeders, options.rules);
  const source = relative(config.root, path);
  const session = await ctx.session();
  const aside = asideOf(dir);
  try {
    const { tables, files } = await session.transaction(async () => {
      await beginReading(ctx, session);
      return read(ctx, session, { spec, source, exists, options, aside });
    });
    const manifest: Manifest = {
      takenAt: new Date(ctx.clock.now()).toISOString(),
      tables: Object.fromEntries(tables.map(({ table, rows, of, replaced }) => [table, { rows, of, replaced }])),
      files,
    };
    await putInPlace(dir, aside, manifest);
    const load = `pgsteward seed run snapshot${dir === seeders ? "" : ` --seed-dir ${relative(config.root, dir)}`}`;
    return { dir, tables, rows: tables.reduce((sum, { rows }) => sum + rows, 0), files: Object.keys(files).toSorted(), load };
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

/** One snapshot of the database for everything; a policy that would hide rows is an error. */
async function beginReading({ config }: Context, session: Session): Promise<void> {
  await session.script("set transaction isolation level repeatable read, read only");
  await session.query(sql`
    select pg_catalog.set_config('lock_timeout', ${String(config.lockTimeoutMs)}, true),
      pg_catalog.set_config('statement_timeout', ${String(config.statementTimeoutMs)}, true),
      pg_catalog.set_config('timezone', 'UTC', true), pg_catalog.set_config('row_security', 'off', true),
      -- All rows of a cursor are wanted, not the first ones soon.
      pg_catalog.set_config('cursor_tuple_fraction', '1', true)`);
}

interface Reading {
  readonly spec: SnapshotSpec;
  /** The path of the rules' file. */
  readonly source: string;
  readonly exists: boolean;
  readonly options: SnapshotOptions;
  readonly aside: string;
}

interface Taken {
  readonly tables: readonly SnapshotTableResult[];
  readonly files: Files;
}

async function read(ctx: Context, session: Session, reading: Reading): Promise<Taken> {
  const { spec, source, options, aside } = reading;
  const all = await readTables(session);
  const tables = withoutSkipped(all, spec, source);
  const wanted = wantedOf(tables, spec, options);
  const ruling = rule(tables, all, spec, source);
  refuseUndecided(ruling.undecided, reading);
  refuseUnreadable(tables);
  const salt = saltOf(spec, ruling, source);
  await checkFixed(session, ruling, source);
  const chosen = await choose(session, wanted, options);
  await tellOthers(ctx, session, wanted, chosen);
  const rows: RowReading = { session, ruling, salt, chosen, suspicious: new Map() };
  const files = await writeAll(ctx, aside, tables, rows);
  refuseUndecided([...rows.suspicious.values()], reading);
  const results: SnapshotTableResult[] = [];
  for (const table of tables) results.push(await resultOf(session, table, chosen, ruling));
  return { tables: results, files };
}

/** A row of the tenant can refer to one that is not, which comes along. */
async function tellOthers({ events }: Context, session: Session, { tables, within }: Wanted, chosen: Chosen): Promise<void> {
  for (const table of tables) {
    const [own, places] = [within.get(table.oid), chosen.get(table.oid)];
    if (own === undefined || !places) continue;
    const query = `select count(*)::pg_catalog.int4 as others from ${fromTable(table)} t where ${isOneOf("t", table, places)} and (${own}) is not true`;
    const others = (await session.query<{ others: number }>(query)).rows[0]?.others ?? 0;
    if (others === 0) continue;
    const message = `${count(others, "row")} of ${shortName(table)} came along that the tenant does not own: its rows refer to them`;
    events({ type: "note", level: "warning", message });
  }
}

async function writeAll(ctx: Context, aside: string, tables: readonly SnapshotTable[], reading: RowReading): Promise<Files> {
  await openAside(aside);
  const order = loadOrder(tables.filter(({ oid }) => countPlaces(reading.chosen.get(oid)) > 0));
  let files: Files = {};
  for (const [i, parts] of order.entries()) {
    ctx.signal?.throwIfAborted();
    const names = parts.map(({ table }) => shortName(table));
    ctx.events({ type: "progress", title: names.join(", "), done: i, total: order.length, unit: "files" });
    const late = parts.some((part) => part.late.length > 0) ? "_2" : "";
    const name = `${numberOf(i, order.length)}_snapshot_${names
      .join("_")
      .replace(/[^\w-]+/g, "_")
      .slice(0, 80)}${late}`;
    files = { ...files, ...(await writeSeeder(aside, name, parts, reading)) };
  }
  return files;
}

/** 900, 901, …: behind the seeders that people number. */
function numberOf(at: number, total: number): string {
  return `9${String(at).padStart(Math.max(2, String(total - 1).length), "0")}`;
}

async function choose(session: Session, wanted: Wanted, options: SnapshotOptions): Promise<Chosen> {
  let chosen: Chosen;
  try {
    chosen = await selectRows(session, wanted);
  } catch (thrown) {
    const error = asStewardError(thrown);
    // Syntax, names and values, or that it would write: what the caller wrote.
    const theirs = /^(22|42|25006)/.test(sqlstate(error) ?? "") && sqlstate(error) !== "42501";
    if (!theirs || (options.where === undefined && options.tenant === undefined)) throw error;
    const problem = `${options.where === undefined ? "--tenant" : "--where"}: ${error.message}`;
    throw failure(seedErrors, "SEED_SNAPSHOT_ROOT_INVALID", { problem }, { cause: error });
  }
  if (chosen.size === 0) throw failure(seedErrors, "SEED_SNAPSHOT_ROOT_INVALID", { problem: wordsOf(wanted, options) });
  return chosen;
}

/** For the text of a file of the user's: no room reads it itself. */
const saltVariable = ["process", "env", "SNAPSHOT_SALT"].join(".");

/** The lines that the rules' file lacks; all of it where there is none. */
function refuseUndecided(undecided: readonly Undecided[], { spec, source, exists }: Reading): void {
  if (undecided.length === 0) return;
  const width = Math.max(...undecided.map(({ column }) => JSON.stringify(column).length)) + 1;
  const lines = undecided.map(
    ({ column, rule: proposed, type }) => `    ${`${JSON.stringify(column)}:`.padEnd(width)} ${spelled(proposed)}, // ${type}`,
  );
  const salt = `  salt: ${saltVariable}, // openssl rand -hex 32; not to be committed`;
  const missing = [...(spec.salt === undefined ? [salt] : []), "  columns: {", ...lines, "  },"];
  const whole = ['import { defineSnapshot } from "pgsteward/seed";', "", "export default defineSnapshot({", ...missing, "});"];
  const data = {
    columns: count(undecided.length, "column"),
    source,
    undecided: undecided.map(({ column, rule: proposed }) => ({ column, rule: proposed })),
  };
  throw failure(seedErrors, "SEED_SNAPSHOT_UNDECIDED", data, { detail: (exists ? missing : whole).join("\n") });
}

const spelled = (what: Undecided["rule"]): string =>
  typeof what === "string" ? JSON.stringify(what) : `{ fixed: ${JSON.stringify(what.fixed)} }`;

function refuseUnreadable(tables: readonly SnapshotTable[]): void {
  const [unreadable, hidden] = [tables.filter(({ readable }) => !readable), tables.filter(({ rowsHidden }) => rowsHidden)];
  const lacking = unreadable.length > 0 ? unreadable : hidden;
  if (lacking.length === 0) return;
  const why = unreadable.length > 0 ? "may not read" : "sees only what row level security lets it see of";
  throw failure(seedErrors, "SEED_SNAPSHOT_UNREADABLE", { why, tables: lacking.map(shortName).join(", ") });
}

/** Not needed where nothing is computed. */
function saltOf({ salt }: SnapshotSpec, { replaced }: Ruling, source: string): string {
  const computed = [...replaced.values()].some((rules) =>
    [...rules.values()].some((one) => typeof one.rule === "string" && one.rule !== "null"),
  );
  if (!computed || (typeof salt === "string" && salt.length >= 16)) return salt ?? "";
  const problem = salt === undefined ? "it has no salt" : "its salt is too short: it takes at least 16 characters";
  const hint = `add salt: ${saltVariable}, and set that to what "openssl rand -hex 32" prints`;
  throw failure(seedErrors, "SEED_SNAPSHOT_RULE_INVALID", { source, problem }, { hint });
}

const countedRows = 100_000;

async function resultOf(session: Session, table: SnapshotTable, chosen: Chosen, { replaced }: Ruling): Promise<SnapshotTableResult> {
  const estimated = table.estimate > countedRows;
  const of = estimated ? Math.round(table.estimate) : await countRows(session, table);
  return {
    table: shortName(table),
    rows: countPlaces(chosen.get(table.oid)),
    of,
    estimated,
    replaced: table.columns.flatMap(({ name }) => (replaced.get(table)?.has(name) === true ? [name] : [])),
  };
}

async function countRows(session: Session, table: SnapshotTable): Promise<number> {
  const { rows } = await session.query<{ of: number }>(`select count(*)::pg_catalog.float8 as of from ${fromTable(table)}`);
  return rows[0]?.of ?? 0;
}
