/**
 * The proof of one migration: rows, up, down, up again, and after each what there is. Everything is taken back.
 *
 * Where the up section fails on the rows that were made up for it, other rows are tried, and in the end none: a file need not
 * run on every data, but its down has to undo it on those that it runs on.
 */
import type { Catalog } from "../../core/catalog.ts";
import { sqlstate, type StewardError } from "../../core/errors.ts";
import { diffCatalogs } from "../../core/schema-diff.ts";
import { splitStatements } from "../../core/sql-text.ts";
import type { MigrationFile } from "../file.ts";
import type { Bench } from "../replay.ts";
import { loadScript } from "../script.ts";
import { failureOf, ownedCatalog, runAlone } from "./bench.ts";
import { differencesBeside, readBeside } from "./beside.ts";
import { type FileProof, lines, proof } from "./proof.ts";
import { fill, type Filling, type Unfilled } from "./rows/fill.ts";
import { lossesOf, type Loss } from "./rows/losses.ts";
import { advanceSequences, readPositions, setBack } from "./rows/positions.ts";
import { readShape, type Shape } from "./rows/shape.ts";
import type { Solved } from "./rows/solve.ts";
import { readRows } from "./rows/snapshot.ts";

export interface Experiment {
  readonly proof: FileProof;
  /** What the up section makes; undefined where it fails. */
  readonly after: Catalog | undefined;
}

export interface Making {
  /** How many rows are put into every table. */
  readonly rows: number;
  readonly solved: Solved;
}

/** Proves `file` on a bench that stands before it, and leaves the bench there. `before` is the bench's catalog, with owners. */
export async function experiment(bench: Bench, file: MigrationFile, { rows, solved }: Making, before: Catalog): Promise<Experiment> {
  if (!(await hasDown(file))) return { proof: proof(file.name, "no down", { reason: "it has no down section" }), after: undefined };
  const emptied: Unfilled[] = [];
  let filling: Filling = { rows, style: { nulls: true, large: true, digits: false }, skip: new Set(), solved };
  for (;;) {
    const outcome = await bench.undoing(() => attempt(bench, file, filling, before));
    if (!("failed" in outcome)) return { ...outcome, proof: { ...outcome.proof, emptied } };
    const { failed, shape } = outcome;
    const next = otherRows(filling, failed, shape);
    if (next === undefined) return { proof: proof(file.name, "cannot be proved", { reason: whyNot(bench, failed) }), after: undefined };
    const reason = failed.message;
    emptied.push(...[...next.skip].filter((table) => !filling.skip.has(table)).map((table) => ({ table, reason })));
    if (next.rows === 0 && filling.rows > 0) emptied.push({ table: "every table", reason });
    filling = next;
  }
}

/** A section without a statement is one where a comment says so; one that was begun and not written is none. */
export async function hasDown(file: MigrationFile): Promise<boolean> {
  if (file.kind === "ts") {
    return loadScript(file, "down").then(
      () => true,
      () => false,
    );
  }
  return file.down !== undefined && (file.down.text.trim() !== "" || splitStatements(file.up.text).length === 0);
}

function whyNot({ missing }: Bench, { message }: StewardError): string {
  const extension = missing.find((name) => message.includes(name));
  return extension === undefined ? message : `no engine here offers the extension ${extension}`;
}

type Attempt = Experiment | { readonly failed: StewardError; readonly shape: Shape };

async function attempt(bench: Bench, file: MigrationFile, filling: Filling, before: Catalog): Promise<Attempt> {
  const { session } = bench;
  // As in a real run, where a function that names what is not there fails.
  await session.script("set local check_function_bodies = on");
  const shape = await readShape(session);
  const unfilled = await fill(session, shape, filling);
  if (filling.rows > 0) await advanceSequences(session);
  const was = await look(bench, file, shape);
  const failed = await failureOf(runAlone(bench, file, "up"));
  if (failed) return { failed, shape };
  const after = await ownedCatalog(bench);
  const downFailed = await failureOf(runAlone(bench, file, "down"));
  if (downFailed) return { after, proof: proof(file.name, "not proved", { unfilled, problems: [`down fails: ${downFailed.message}`] }) };
  const now = await ownedCatalog(bench);
  const structure = lines(diffCatalogs(before, now), "after down");
  if (structure.length > 0) return { after, proof: proof(file.name, "not proved", { unfilled, problems: structure }) };
  const { problems, losses } = compare(was, await look(bench, file, shape), file, shape);
  const again = await upAgain(bench, file, after);
  const all = [...problems, ...again];
  const verdict = all.length > 0 ? "not proved" : losses.length > 0 ? "lossy" : "proved";
  return { after, proof: proof(file.name, verdict, { unfilled, losses, problems: all, reordered: reordered(before, now) }) };
}

async function upAgain(bench: Bench, file: MigrationFile, after: Catalog): Promise<string[]> {
  const failed = await failureOf(runAlone(bench, file, "up"));
  if (failed) return [`up fails after down: ${failed.message}`];
  return lines(diffCatalogs(after, await ownedCatalog(bench)), "after down and up");
}

/** Everything beside the catalog that has to be the same. */
interface Sight {
  readonly rows: Awaited<ReturnType<typeof readRows>>;
  readonly positions: Awaited<ReturnType<typeof readPositions>>;
  readonly beside: readonly string[];
}

async function look({ session }: Bench, { up }: MigrationFile, shape: Shape): Promise<Sight> {
  return { rows: await readRows(session, shape), positions: await readPositions(session), beside: await readBeside(session, up.text) };
}

function compare(was: Sight, now: Sight, file: MigrationFile, shape: Shape): { problems: string[]; losses: Loss[] } {
  const all = lossesOf(was.rows, now.rows, shape);
  // Rows that the file writes itself are its to delete; what triggers wrote on the way (an audit) is only told.
  const forgotten = all.filter(({ kind, table }) => kind === "left" && isNamed(table, file));
  const positions = setBack(was.positions, now.positions, now.rows).map(
    (name): Loss => ({ table: name, column: null, kind: "restarts", rows: 1, of: 1 }),
  );
  return {
    losses: [...all.filter((loss) => !forgotten.includes(loss)), ...positions],
    problems: [
      ...forgotten.map(({ table, rows }) => `after down: ${table} keeps ${rows} ${rows === 1 ? "row" : "rows"} that up wrote`),
      ...differencesBeside(was.beside, now.beside).map((line) => `after down: ${line}`),
    ],
  };
}

function isNamed(table: string, { up }: MigrationFile): boolean {
  const bare = table.split(".").at(-1)?.replaceAll('"', "") ?? table;
  return up.text.toLowerCase().includes(bare.toLowerCase());
}

/** Tables whose columns stand in another order. */
export function reordered(before: Catalog, now: Catalog): string[] {
  const orders = new Map(now.objects.map(({ kind, name, columns }) => [`${kind} ${name}`, columns]));
  return before.objects.flatMap(({ kind, name, columns }) => {
    const other = orders.get(`${kind} ${name}`);
    return columns && other && columns.join("\0") !== other.join("\0") ? [name] : [];
  });
}

/** Rows that may suit the file better; undefined where no rows were the trouble. */
export function otherRows(filling: Filling, error: StewardError, shape: Shape): Filling | undefined {
  const { rows, style, skip } = filling;
  const state = sqlstate(error) ?? "";
  if (rows === 0) return undefined;
  if (state === "23502" && style.nulls) return { ...filling, style: { ...style, nulls: false } };
  if (/^22/.test(state) && style.large) return { ...filling, style: { ...style, large: false } };
  if (/^22/.test(state) && !style.digits) return { ...filling, style: { ...style, digits: true } };
  const guilty = /^2[123]|^P0/.test(state) ? tablesOf(error, shape).filter((name) => !skip.has(name)) : [];
  return guilty.length > 0 ? { ...filling, skip: new Set([...skip, ...guilty]) } : { ...filling, rows: 0 };
}

/** The table that the server names, else those that the failing statement does. */
function tablesOf({ data }: StewardError, { tables }: Shape): string[] {
  const bare = (name: string): string => name.split(".").at(-1)?.replaceAll('"', "") ?? name;
  if (typeof data["table"] === "string") return tables.map(({ name }) => name).filter((name) => bare(name) === data["table"]);
  const statement = typeof data["statement"] === "string" ? data["statement"] : "";
  const words = new Set(statement.match(/[\p{L}_][\p{L}\p{N}_$]*/gu));
  return tables.map(({ name }) => name).filter((name) => words.has(bare(name)));
}
