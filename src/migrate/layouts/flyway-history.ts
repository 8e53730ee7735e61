/** Flyway's history table: a log, from which undone and deleted rows are to be taken away, and baselines spread out. */
import { crc32 } from "node:zlib";
import type { Session } from "../../core/engine.ts";
import { compareVersions, type MigrationFile, readText } from "../file.ts";
import type { ForeignRow } from "./layout.ts";
import { hasColumns } from "./reading.ts";

interface FlywayRow {
  readonly version: string | null;
  readonly description: string;
  readonly type: string;
  readonly script: string;
  readonly checksum: number | null;
  /** Without a time zone in the table: the local time of the machine that ran Flyway, taken as the server's. */
  readonly installed_on: Date;
  readonly success: boolean;
}

export async function readFlywayHistory(session: Session, files: readonly MigrationFile[]): Promise<readonly ForeignRow[] | undefined> {
  const columns = ["installed_rank", "version", "description", "type", "script", "checksum", "installed_on", "success"];
  if (!(await hasColumns(session, "public", "flyway_schema_history", columns))) return undefined;
  const { rows } = await session.query<FlywayRow>(
    `select version, description, type, script, checksum, installed_on::timestamptz as installed_on, success
     from public.flyway_schema_history order by installed_rank`,
  );
  const standing = await Promise.all([...standingRows(rows)].map((row) => foreignRow(row, files)));
  return [...belowBaseline(rows, files, standing), ...standing];
}

/** Versions as Flyway compares them: 1, 1.0 and 01 are the same. */
export function bareVersion(version: string): string {
  return version.replace(/(^|\.)0+(?=\d)/g, "$1").replace(/(?:\.0)+$/, "");
}

const isBaseline = ({ type }: FlywayRow): boolean => type.endsWith("BASELINE");
const keyOf = ({ version, description }: FlywayRow): string => (version === null ? `R ${description}` : `V ${bareVersion(version)}`);

/** The last row of each version and of each repeatable script that is still in force. */
function standingRows(rows: readonly FlywayRow[]): Iterable<FlywayRow> {
  const standing = new Map<string, FlywayRow>();
  for (const row of rows) {
    if (row.type === "SCHEMA" || isBaseline(row)) continue;
    const key = keyOf(row);
    const before = standing.get(key);
    standing.delete(key);
    if (!row.success && row.type.startsWith("UNDO") && before) standing.set(key, { ...before, success: false });
    else if (!row.type.startsWith("UNDO") && row.type !== "DELETE") standing.set(key, row);
  }
  return standing.values();
}

/** A baseline stands for every migration up to its version. */
function belowBaseline(
  rows: readonly FlywayRow[],
  files: readonly MigrationFile[],
  standing: readonly ForeignRow[],
): readonly ForeignRow[] {
  const own = new Set(standing.map(({ file }) => file));
  return files.flatMap((file): ForeignRow[] => {
    if (file.repeatable || own.has(file)) return [];
    const covers = ({ version }: FlywayRow): boolean => compareVersions(bareVersion(file.version), bareVersion(version ?? "")) <= 0;
    const baseline = rows.find((row) => isBaseline(row) && row.success && covers(row));
    if (!baseline) return [];
    return [{ label: `${file.name}.sql`, file, appliedAt: baseline.installed_on, checksumMatches: undefined, finished: true }];
  });
}

async function foreignRow(row: FlywayRow, files: readonly MigrationFile[]): Promise<ForeignRow> {
  const file = files.find((file) => (row.version === null ? isRepeatable(file, row) : isVersion(file, row)));
  const checksumMatches = file && (await compareChecksum(file, row));
  return { label: row.script, file, appliedAt: row.installed_on, checksumMatches, finished: row.success };
}

const isVersion = (file: MigrationFile, { version }: FlywayRow): boolean =>
  file.version !== "" && bareVersion(file.version) === bareVersion(version ?? "");
const isRepeatable = (file: MigrationFile, { description }: FlywayRow): boolean =>
  file.repeatable && file.name.replace(/^R__/, "").replaceAll("_", " ") === description;

/** Flyway sums up a repeatable script after filling its placeholders in, with values that only its configuration knows. */
async function compareChecksum(file: MigrationFile, { checksum }: FlywayRow): Promise<boolean | undefined> {
  if (checksum === null) return undefined;
  const text = await readText(file.path);
  if (flywayChecksum(text) === checksum) return true;
  return file.repeatable && text.includes("${") ? undefined : false;
}

/** CRC-32 over the lines without their ends, as a signed number. */
export function flywayChecksum(text: string): number {
  return crc32(text.split(/\r\n|\n|\r/).join("")) | 0;
}
