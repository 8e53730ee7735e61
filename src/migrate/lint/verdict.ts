/** What a statement did, in one line. */
import { isStronger, spelled, strongest } from "./lock-mode.ts";
import type { Trace } from "./trace.ts";

type Did = Pick<Trace, "locks" | "held" | "rewrites" | "scans" | "indexBuilds" | "altered" | "dropped" | "rows" | "unseen" | "error">;

/** `users: ACCESS EXCLUSIVE, written anew, 3 indexes built; orders: SHARE, read`. Empty where nobody else notices. */
export function verdictOf(did: Did): string {
  if (did.error !== null) return `fails: ${did.error.message.split("\n")[0]}`;
  if (did.unseen !== null) return `not executed: ${did.unseen.split("\n")[0]}`;
  const noticed = did.locks.filter(({ mode }) => isStronger(mode, "RowExclusive")).map(({ relation }) => relation);
  const relations = [
    ...new Set([
      ...noticed,
      ...did.rewrites,
      ...did.scans,
      ...did.indexBuilds.map(({ table }) => table),
      ...did.rows.map(({ relation }) => relation),
      ...alteredTables(did),
    ]),
  ];
  const dropped = did.dropped.filter(({ type }) => lost.includes(type)).map(({ type, identity }) => `drops ${type} ${short(identity)}`);
  return [...relations.map((relation) => `${short(relation)}: ${ofRelation(did, relation)}`), ...dropped].join("; ");
}

const lost = ["table", "table column", "view", "materialized view", "function", "schema", "type", "policy"];

/** Their locks may be those of an earlier statement. */
function alteredTables({ altered, held }: Did): string[] {
  return altered.map(({ identity }) => identity).filter((identity) => held.some(({ relation }) => relation === identity));
}

function ofRelation({ locks, held, rewrites, scans, indexBuilds, rows }: Did, name: string): string {
  const mode = strongest([...locks, ...held].filter(({ relation }) => relation === name).map((lock) => lock.mode));
  const builds = indexBuilds.filter(({ table }) => table === name).length;
  const changed = rows.find(({ relation }) => relation === name);
  const parts = [
    mode && spelled(mode),
    rewrites.includes(name) && "written anew",
    scans.includes(name) && !rewrites.includes(name) && "read",
    builds > 0 && `${builds} ${builds === 1 ? "index" : "indexes"} built`,
    ...(changed ? (["inserted", "updated", "deleted"] as const).map((what) => changed[what] > 0 && `${changed[what]} ${what}`) : []),
  ];
  return parts.filter(Boolean).join(", ");
}

/** People leave the usual schema out. */
function short(name: string): string {
  return name.replace(/^public\./, "");
}
