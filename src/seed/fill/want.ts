/** What is to be filled with how much: flags, fill.ts, and for the rest a usual number. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Config } from "../../core/config.ts";
import { failure } from "../../core/errors.ts";
import { closest } from "../../core/spelling.ts";
import { seedErrors } from "../errors.ts";
import { relationsOf } from "./relations.ts";
import type { Shape, TableShape } from "./shape.ts";
import type { ColumnSpec, FillSpec } from "./spec.ts";

export interface FillOptions {
  /** `users=100000` or `shop.orders=1m`, each table once. */
  rows?: string[] | undefined;
  /** Fills only these tables. Default: all. */
  only?: string[] | undefined;
  /** Multiplies the number of rows of every table that has none of its own. Default 1. */
  scale?: number | undefined;
  /** Another seed makes other values. Default 1. */
  seed?: number | undefined;
  /** Rows of the table that owns others. */
  tenants?: number | undefined;
  /** How rows are shared out to tenants. Default `none`. */
  skew?: "none" | "zipf" | undefined;
  /** The file of the specification. Default: fill.ts in the folder of seeders. */
  spec?: string | undefined;
  /** What happens with triggers that INSERT fires. Default: it is asked for. */
  triggers?: "fire" | "off" | undefined;
  /** Loads every table this way. Default: chosen for each. */
  lane?: "staging" | "arrays" | undefined;
}

/** What makes the rows what they are: the same request makes the same rows. */
export interface Request {
  readonly seed: number;
  readonly skew: "none" | "zipf";
  readonly root: string | undefined;
  /** By the id of a table; only what is filled. */
  readonly rows: Readonly<Record<string, number>>;
  readonly columns: Readonly<Record<string, Readonly<Record<string, ColumnSpec>>>>;
}

const folders = ["seeders", "seeds", "supabase/seeders", "src/seeders"];

/** fill.ts, empty where there is none. Errors: SEED_FILL_SPEC_INVALID. */
export async function readSpec(
  config: Pick<Config, "root" | "seed">,
  file: string | undefined,
): Promise<{ spec: FillSpec; source: string }> {
  const usual = [config.seed.dir, ...folders.map((name) => join(config.root, name))].flatMap((dir) =>
    dir === undefined ? [] : [join(dir, "fill.ts")],
  );
  const path = file === undefined ? usual.find((each) => existsSync(each)) : resolve(config.root, file);
  if (path === undefined) return { spec: {}, source: "fill.ts" };
  try {
    const module = (await import(pathToFileURL(path).href)) as { default?: FillSpec };
    if (typeof module.default === "object") return { spec: module.default, source: path };
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw failure(seedErrors, "SEED_FILL_SPEC_INVALID", { source: path, problem }, { cause });
  }
  throw failure(seedErrors, "SEED_FILL_SPEC_INVALID", {
    source: path,
    problem: "it has no default export: export default defineFill({ … })",
  });
}

/** Errors: SEED_FILL_SPEC_INVALID. */
export function requestOf(shape: Shape, spec: FillSpec, source: string, options: FillOptions): Request {
  const find = (name: string, from: string): TableShape => findTable(shape.tables, name, from);
  const only = options.only?.flatMap((names) => names.split(",")).map((name) => find(name, "--only").id);
  const tables = shape.tables.filter(({ id }) => only === undefined || only.includes(id));
  const root = spec.tenants === undefined ? undefined : find(spec.tenants, source).id;
  const given = new Map<string, number>();
  const columns: Record<string, Readonly<Record<string, ColumnSpec>>> = {};
  for (const [name, table] of Object.entries(spec.tables ?? {})) {
    const found = find(name, source);
    if (typeof table.rows === "number") given.set(found.id, table.rows);
    if (table.columns) columns[found.id] = checkedColumns(found, table.columns, source);
  }
  for (const text of (options.rows ?? []).flatMap((each) => each.split(","))) {
    const [name = "", number = ""] = text.split("=");
    given.set(find(name, "--rows").id, countOf(number, text));
  }
  const rows = usualRows(tables, root, given, options);
  for (const [name, { rows: wanted }] of Object.entries(spec.tables ?? {})) {
    if (typeof wanted !== "object" || given.has(find(name, source).id)) continue;
    rows.set(find(name, source).id, Math.round((rows.get(find(wanted.per, source).id) ?? 0) * wanted.times));
  }
  return {
    seed: options.seed ?? spec.seed ?? 1,
    skew: options.skew ?? spec.skew ?? "none",
    root,
    rows: Object.fromEntries([...rows].filter(([, count]) => count > 0)),
    columns,
  };
}

/** What nobody said: a few of those who own others, a hundred of what stands alone, more of what belongs to something. */
function usualRows(
  tables: readonly TableShape[],
  root: string | undefined,
  given: ReadonlyMap<string, number>,
  { scale = 1, tenants }: FillOptions,
): Map<string, number> {
  const relations = relationsOf(new Map(tables.map((table) => [table.id, table])), root);
  const roots = new Set([...relations.values()].flatMap(({ scope }) => (scope === undefined ? [] : [scope])));
  const usual = ({ id }: TableShape): number => {
    if (roots.has(id) && relations.get(id)?.scope === undefined) return tenants ?? Math.ceil(10 * Math.sqrt(scale));
    return Math.ceil((relations.get(id)?.links.length === 0 ? 100 : 300) * scale);
  };
  return new Map(tables.map((table) => [table.id, given.get(table.id) ?? usual(table)]));
}

function checkedColumns(
  table: TableShape,
  columns: Readonly<Record<string, ColumnSpec>>,
  source: string,
): Readonly<Record<string, ColumnSpec>> {
  for (const name of Object.keys(columns)) {
    const column = table.columns.find((each) => each.name === name);
    const problem = !column
      ? `${table.schema}.${table.name} has no column ${name}`
      : column.generated
        ? `${name} of ${table.name} is computed by the server`
        : table.keys.some((key) => key.columns.includes(name))
          ? `${name} of ${table.name} is a foreign key: its values are those of the parent`
          : undefined;
    if (problem !== undefined) throw failure(seedErrors, "SEED_FILL_SPEC_INVALID", { source, problem });
  }
  return columns;
}

function findTable(tables: readonly TableShape[], name: string, source: string): TableShape {
  const found = tables.filter((table) => `${table.schema}.${table.name}` === name || table.name === name);
  const inPublic = found.find(({ schema }) => schema === "public");
  if (found.length === 1 || inPublic) return inPublic ?? (found[0] as TableShape);
  const known = tables.map((table) => (table.schema === "public" ? table.name : `${table.schema}.${table.name}`));
  const near = closest(name, known);
  const hint = near === undefined ? `tables: ${known.slice(0, 20).join(", ")}` : `did you mean ${near}?`;
  const problem = found.length === 0 ? `there is no table ${name}` : `there is more than one table ${name}: name its schema`;
  throw failure(seedErrors, "SEED_FILL_SPEC_INVALID", { source, problem }, { hint });
}

/** `100000`, `100k`, `1m`. */
function countOf(text: string, whole: string): number {
  const [, digits, unit = ""] = /^(\d+(?:\.\d+)?)([km]?)$/i.exec(text) ?? [];
  if (digits === undefined)
    throw failure(seedErrors, "SEED_FILL_SPEC_INVALID", {
      source: "--rows",
      problem: `${whole} is not like users=100000, users=100k or users=1m`,
    });
  return Math.round(Number(digits) * ({ "": 1, k: 1_000, m: 1_000_000 }[unit.toLowerCase()] ?? 1));
}
