/** What becomes of every column: the rules of the file, along foreign keys, and the columns that nobody has decided on. */
import { existsSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Config } from "../../core/config.ts";
import { failure } from "../../core/errors.ts";
import { sha256 } from "../../core/hash.ts";
import { closest } from "../../core/spelling.ts";
import { seedErrors } from "../errors.ts";
import { familyOf, kinds, kindsOf } from "./kinds.ts";
import { proposedRule } from "./personal.ts";
import { shortName, type SnapshotColumn, type SnapshotTable } from "./shape.ts";
import type { SnapshotRule, SnapshotSpec } from "./spec.ts";

/** A column with what becomes of it. */
export interface RuledColumn {
  readonly table: SnapshotTable;
  readonly column: SnapshotColumn;
  readonly rule: SnapshotRule;
  /** Different values must become different fakes. */
  readonly wide: boolean;
  /** Upper and lower case are the same to it, or to a column that it shares a foreign key with. */
  readonly caseless: boolean;
  /** The most characters of all columns that it shares a foreign key with. */
  readonly limit: number | null;
}

export interface Undecided {
  /** `users.email`. */
  readonly column: string;
  readonly type: string;
  readonly rule: SnapshotRule;
}

export interface Ruling {
  /** By table and name, only what is not kept. */
  readonly replaced: ReadonlyMap<SnapshotTable, ReadonlyMap<string, RuledColumn>>;
  /** Columns that somebody decided to keep. */
  readonly kept: ReadonlySet<SnapshotColumn>;
  readonly undecided: readonly Undecided[];
}

export interface RulesFile {
  /** Empty where there is no file. */
  readonly spec: SnapshotSpec;
  /** Where it is, or would be. */
  readonly path: string;
  readonly exists: boolean;
}

/** Reads the rules. Errors: SEED_SNAPSHOT_RULE_INVALID. */
export async function readRules(config: Config, dir: string, file: string | undefined): Promise<RulesFile> {
  const path = file === undefined ? join(dir, "snapshot.ts") : resolve(config.root, file);
  const invalid = (problem: string, cause?: unknown): Error =>
    failure(
      seedErrors,
      "SEED_SNAPSHOT_RULE_INVALID",
      { source: relative(config.root, path), problem },
      { cause, hint: "export default defineSnapshot({ … })" },
    );
  if (!existsSync(path)) {
    if (file !== undefined) throw invalid("there is no such file");
    return { spec: {}, path, exists: false };
  }
  let spec: unknown;
  try {
    spec = ((await import(`${pathToFileURL(path).href}?${sha256(readFileSync(path)).slice(0, 12)}`)) as { default?: unknown }).default;
  } catch (cause) {
    throw invalid(cause instanceof Error ? cause.message : String(cause), cause);
  }
  if (typeof spec !== "object" || spec === null) throw invalid("it has no default export");
  const known = ["salt", "rows", "tenantColumn", "columns", "tables"];
  const unknown = Object.keys(spec).find((key) => !known.includes(key));
  if (unknown !== undefined) throw invalid(`the rules of a snapshot have no ${unknown}; they have ${known.join(", ")}`);
  return { spec, path, exists: true };
}

/** The tables without those that are skipped. Errors: SEED_SNAPSHOT_RULE_INVALID. */
export function withoutSkipped(all: readonly SnapshotTable[], spec: SnapshotSpec, source: string): readonly SnapshotTable[] {
  const skipped = Object.entries(spec.tables ?? {}).map(([name, what]) => {
    if (what !== "skip") throw invalidRule(source, `${name} is ${JSON.stringify(what)}; a table takes "skip"`);
    return tableNamed(all, name, source);
  });
  return all.filter((table) => !skipped.includes(table) && !histories.test(table.name));
}

/** What tools for migrations write for themselves: the database that a snapshot is loaded into has its own. */
const histories =
  /^(_?schema_?migrations?|_prisma_migrations|__drizzle_migrations|knex_migrations(_lock)?|kysely_migration(_lock)?|flyway_schema_history|sequelizemeta|pgmigrations|ar_internal_metadata)$/i;

/** Errors: SEED_SNAPSHOT_RULE_INVALID with the nearest name. */
export function tableNamed(tables: readonly SnapshotTable[], name: string, source: string): SnapshotTable {
  const found = tables.find((table) => shortName(table) === name || `${table.schema}.${table.name}` === name);
  if (found) return found;
  const near = closest(name, tables.map(shortName));
  const hint = near === undefined ? `the tables are ${tables.map(shortName).join(", ")}` : `did you mean ${near}?`;
  throw invalidRule(source, `there is no table ${name}`, hint);
}

function invalidRule(source: string, problem: string, hint?: string): Error {
  return failure(seedErrors, "SEED_SNAPSHOT_RULE_INVALID", { source, problem }, { hint });
}

interface Member {
  readonly table: SnapshotTable;
  readonly column: SnapshotColumn;
}

/** `tables` are those of the snapshot. Errors: SEED_SNAPSHOT_RULE_INVALID. */
export function rule(tables: readonly SnapshotTable[], all: readonly SnapshotTable[], spec: SnapshotSpec, source: string): Ruling {
  const given = givenRules(tables, all, spec, source);
  const dropped = referencesToNothing(tables, given, source);
  const ruled: RuledColumn[] = [];
  const undecided: Undecided[] = [];
  for (const members of alikes(tables)) {
    const own = members.filter(({ column }) => given.get(column) === "null" || dropped.has(column));
    const rest = members.filter((member) => !own.includes(member));
    const common = commonRule(rest, given, source);
    const facts = factsOf(rest);
    for (const member of own) ruled.push({ ...member, rule: "null", wide: false, caseless: false, limit: null });
    if (common === undefined) undecided.push(...rest.slice(0, 1).flatMap((member) => proposalOf(member, rest)));
    else ruled.push(...rest.map((member) => ({ ...member, ...facts, rule: common })));
  }
  const widened = widen(ruled);
  for (const one of widened) refuseUnfit(one, tables, source);
  const replaced = new Map(tables.map((table) => [table, new Map<string, RuledColumn>()]));
  for (const one of widened) if (one.rule !== "keep") replaced.get(one.table)?.set(one.column.name, one);
  return { replaced, kept: new Set(widened.filter((one) => one.rule === "keep").map(({ column }) => column)), undecided };
}

function givenRules(
  tables: readonly SnapshotTable[],
  all: readonly SnapshotTable[],
  { columns = {} }: SnapshotSpec,
  source: string,
): ReadonlyMap<SnapshotColumn, SnapshotRule> {
  const given = new Map<SnapshotColumn, SnapshotRule>();
  for (const [name, what] of Object.entries(columns)) {
    const dot = name.lastIndexOf(".");
    if (dot < 0) throw invalidRule(source, `${name} names no column`, "write it as table.column");
    const table = tableNamed(all, name.slice(0, dot), source);
    const column = table.columns.find((one) => one.name === name.slice(dot + 1));
    if (!column) {
      const near = closest(
        name.slice(dot + 1),
        table.columns.map((one) => one.name),
      );
      const hint = near === undefined ? `its columns are ${table.columns.map((one) => one.name).join(", ")}` : `did you mean ${near}?`;
      throw invalidRule(source, `the table ${shortName(table)} has no column ${name.slice(dot + 1)}`, hint);
    }
    if (column.generated) throw invalidRule(source, `${name} is a generated column`, "leave it out: the server computes it of the others");
    const isFixed = typeof what === "object" && what !== null && Object.keys(what).join() === "fixed" && what.fixed != null;
    if (!isFixed && what !== "keep" && what !== "null" && !kinds.some((kind) => kind === what)) {
      throw invalidRule(
        source,
        `${name} is ${JSON.stringify(what)}`,
        `a column takes "keep", "null", { fixed: value }, ${kinds.join(", ")}`,
      );
    }
    if (tables.includes(table)) given.set(column, what);
  }
  return given;
}

/** Columns of foreign keys whose table is left out: they become null, where they can. */
function referencesToNothing(
  tables: readonly SnapshotTable[],
  given: ReadonlyMap<SnapshotColumn, SnapshotRule>,
  source: string,
): ReadonlySet<SnapshotColumn> {
  const dropped = new Set<SnapshotColumn>();
  for (const table of tables) {
    for (const key of table.keys) {
      if (tables.some(({ oid }) => oid === key.target)) continue;
      const columns = table.columns.filter(({ name }) => key.columns.includes(name));
      if (columns.some((column) => given.get(column) === "null")) continue;
      const nullable = columns.find(({ notNull }) => !notNull);
      if (!nullable) {
        const problem = `${shortName(table)} refers to a table that is left out (${key.name}), and cannot be null there`;
        throw invalidRule(source, problem, `leave ${shortName(table)} out too: tables: { ${JSON.stringify(shortName(table))}: "skip" }`);
      }
      dropped.add(nullable);
    }
  }
  return dropped;
}

/** Columns that foreign keys make share their values, together; the one that is referred to comes first. */
function alikes(tables: readonly SnapshotTable[]): readonly (readonly Member[])[] {
  const groups = new Map<SnapshotColumn, Member[]>();
  const member = (table: SnapshotTable, name: string): Member | undefined => {
    const column = table.columns.find((one) => one.name === name);
    return column && { table, column };
  };
  for (const table of tables) for (const column of table.columns) if (!column.generated) groups.set(column, [{ table, column }]);
  for (const table of tables) {
    for (const { target, columns, refers } of table.keys) {
      const parent = tables.find(({ oid }) => oid === target);
      columns.forEach((name, i) => {
        const [child, referred] = [member(table, name), parent && member(parent, refers[i] ?? "")];
        const [from, to] = [child && groups.get(child.column), referred && groups.get(referred.column)];
        if (!from || !to || from === to) return;
        to.push(...from);
        for (const one of from) groups.set(one.column, to);
      });
    }
  }
  const place = ([first]: readonly Member[]): number =>
    first ? tables.indexOf(first.table) * 10_000 + first.table.columns.indexOf(first.column) : 0;
  return [...new Set(groups.values())].sort((a, b) => place(a) - place(b));
}

function commonRule(
  members: readonly Member[],
  given: ReadonlyMap<SnapshotColumn, SnapshotRule>,
  source: string,
): SnapshotRule | undefined {
  const decided = members.filter(({ column }) => given.has(column));
  const [first, ...more] = decided;
  if (!first) return undefined;
  const rule = given.get(first.column);
  const other = more.find(({ column }) => JSON.stringify(given.get(column)) !== JSON.stringify(rule));
  if (other) throw invalidRule(source, `${nameOf(first)} and ${nameOf(other)} share a foreign key`, "give both the same rule");
  return rule;
}

const nameOf = ({ table, column }: Member): string => `${shortName(table)}.${column.name}`;

function proposalOf(member: Member, members: readonly Member[]): readonly Undecided[] {
  const rules = members.flatMap(({ table, column }) => proposedRule(table, column) ?? []);
  const [proposed] = rules;
  return proposed === undefined ? [] : [{ column: nameOf(member), type: member.column.type, rule: proposed }];
}

function factsOf(members: readonly Member[]): Pick<RuledColumn, "wide" | "caseless" | "limit"> {
  const uniques = members.flatMap(({ table, column }) => table.uniques.filter(({ columns }) => columns.includes(column.name)));
  const limits = members.flatMap(({ column }) => column.limit ?? []);
  return {
    wide: uniques.length > 0,
    caseless: uniques.some(({ folds }) => folds) || members.some(({ column }) => column.caseless),
    limit: limits.length === 0 ? null : Math.min(...limits),
  };
}

/** Where one column of a kind has to be unique all get the longer fakes: equal values are to be equal everywhere. */
function widen(ruled: readonly RuledColumn[]): readonly RuledColumn[] {
  const wide = new Set(ruled.filter((one) => one.wide).map((one) => one.rule));
  return ruled.map((one) => ({ ...one, wide: wide.has(one.rule) }));
}

function refuseUnfit({ table, column, rule: what }: RuledColumn, tables: readonly SnapshotTable[], source: string): void {
  const name = nameOf({ table, column });
  const fits = kindsOf[familyOf(column)];
  if (what === "null") {
    if (column.notNull)
      throw invalidRule(source, `${name} cannot be null`, `give it another rule: ${["keep", "{ fixed: value }", ...fits].join(", ")}`);
    const referring = tables.find(({ keys }) => keys.some(({ target, refers }) => target === table.oid && refers.includes(column.name)));
    if (referring) throw invalidRule(source, `${name} cannot be null: ${shortName(referring)} refers to it`);
  } else if (typeof what === "string" && what !== "keep" && !fits.some((kind) => kind === what)) {
    throw invalidRule(
      source,
      `${name} is ${column.type}, of which there is no ${what}`,
      `it takes ${["keep", "null", "{ fixed: value }", ...fits].join(", ")}`,
    );
  }
}
