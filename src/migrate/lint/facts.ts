/**
 * What the scratch database cannot show, as the manual and the source say it of PostgreSQL 14 to 18. Everything else is
 * measured; a line here needs a reason.
 */
import type { Node, RangeVar } from "libpg-query";
import type { BareKind } from "../statements.ts";
import { type Effects, type IndexBuild, type Lock, noEffects } from "./effects.ts";
import { isStronger } from "./lock-mode.ts";
import { as, relationName } from "./parse.ts";
import { relationKinds, type Sighting } from "./snapshot.ts";

/** TRUNCATE gives table and indexes new, empty files: that looks like a rewrite, but nothing is read or written. */
export function withoutRebuild(node: Node | undefined, effects: Effects): Effects {
  return as(node, "TruncateStmt") ? { ...effects, rewrites: [], scans: [], indexBuilds: [] } : effects;
}

type Fact = (node: Node | undefined, effects: Effects, relations: readonly Sighting[]) => Effects;

const facts: Readonly<Partial<Record<BareKind, Fact>>> = {
  "create index": (_, effects) => concurrently(effects),
  "drop index": (_, effects) => concurrently(effects),
  reindex: (node, _, relations) => reindex(node, relations),
  "detach partition": detach,
  repeatable: (node, _, relations) => vacuum(node, relations),
};

/** What a statement does that no transaction takes: it was executed in the form that one does, or not at all. */
export function outsideTransaction(bare: BareKind, node: Node | undefined, effects: Effects, relations: readonly Sighting[]): Effects {
  return facts[bare]?.(node, effects, relations) ?? effects;
}

/** CREATE and DROP INDEX CONCURRENTLY hold SHARE UPDATE EXCLUSIVE while they work; only DROP takes more, on the index, when nobody uses it any more. */
function concurrently(effects: Effects): Effects {
  return {
    ...effects,
    locks: effects.locks.map(weakened),
    indexBuilds: effects.indexBuilds.map((build) => ({ ...build, concurrently: true })),
  };
}

function weakened(lock: Lock): Lock {
  return isStronger(lock.mode, "ShareUpdateExclusive") ? { ...lock, mode: "ShareUpdateExclusive" } : lock;
}

/** Both partners are locked SHARE UPDATE EXCLUSIVE while others finish; the partition alone is then cut off under ACCESS EXCLUSIVE, without a scan. */
function detach(node: Node | undefined, effects: Effects): Effects {
  const command = as(as(node, "AlterTableStmt")?.cmds?.[0], "AlterTableCmd");
  const partition = as(command?.def, "PartitionCmd")?.name;
  const cutOff = partition === undefined ? "" : relationName(partition);
  return { ...effects, scans: [], locks: effects.locks.map((lock) => (lock.relation === cutOff ? lock : weakened(lock))) };
}

/** Of a whole schema or database: all indexes one after the other, each in a transaction of its own. */
function reindex(node: Node | undefined, relations: readonly Sighting[]): Effects {
  const statement = as(node, "ReindexStmt");
  const options = (statement?.params ?? []).map((param) => as(param, "DefElem")?.defname);
  const gently = options.includes("concurrently");
  const named = statement?.relation && relationOf(statement.relation, relations);
  const indexes = relations.filter(({ id, kind, table }) => kind === "i" && (named === undefined || id === named.id || table === named.id));
  const tables = relations.filter(({ id }) => indexes.some(({ table }) => table === id));
  const locks = [
    ...tables.map((table) => lock(table, gently ? "ShareUpdateExclusive" : "Share")),
    ...indexes.map((index) => lock(index, gently ? "ShareUpdateExclusive" : "AccessExclusive")),
  ];
  const builds = indexes.map(
    (index): IndexBuild => ({ index: index.name ?? "", table: nameOf(index.table, relations), concurrently: gently }),
  );
  return {
    ...noEffects,
    locks: gently ? locks.filter(({ kind }) => kind !== "index") : locks,
    scans: tables.map(({ name }) => name ?? ""),
    indexBuilds: builds,
  };
}

/** VACUUM goes beside reads and writes; VACUUM FULL and CLUSTER write the table anew under ACCESS EXCLUSIVE. */
function vacuum(node: Node | undefined, relations: readonly Sighting[]): Effects {
  const statement = as(node, "VacuumStmt");
  const cluster = as(node, "ClusterStmt") !== undefined;
  if (!statement && !cluster) return noEffects;
  const full = cluster || (statement?.options ?? []).some((option) => as(option, "DefElem")?.defname === "full");
  const named = (statement?.rels ?? []).flatMap((rel) => relationOf(as(rel, "VacuumRelation")?.relation, relations) ?? []);
  const tables = named.length > 0 ? named : relations.filter(({ kind }) => kind === "r" || kind === "m");
  const names = tables.map(({ name }) => name ?? "");
  if (!full) return { ...noEffects, locks: tables.map((table) => lock(table, "ShareUpdateExclusive")), scans: names };
  const indexes = relations.filter(({ kind, table }) => kind === "i" && tables.some(({ id }) => id === table));
  const indexBuilds = indexes.map((index) => ({ index: index.name ?? "", table: nameOf(index.table, relations), concurrently: false }));
  return { ...noEffects, locks: tables.map((table) => lock(table, "AccessExclusive")), rewrites: names, scans: names, indexBuilds };
}

function lock({ name, kind }: Sighting, mode: Lock["mode"]): Lock {
  return { relation: name ?? "", kind: relationKinds[kind], mode };
}

function nameOf(id: number | null, relations: readonly Sighting[]): string {
  return relations.find((relation) => relation.id === id)?.name ?? "";
}

/** By its name as the statement gives it; without a schema the one in public, else any. */
function relationOf(range: RangeVar | undefined, relations: readonly Sighting[]): Sighting | undefined {
  if (!range) return undefined;
  const wanted = relationName(range);
  const bare = wanted.slice(wanted.lastIndexOf(".") + 1);
  return (
    relations.find(({ name }) => name === wanted) ??
    (range.schemaname === undefined ? relations.find(({ name }) => name?.endsWith(`.${bare}`)) : undefined)
  );
}
