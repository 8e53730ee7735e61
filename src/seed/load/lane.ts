/** Which way a table's rows go in: chosen by looking at the table, and told with its reason. */

export type Lane = "bare" | "staging" | "arrays";

export interface LaneChoice {
  readonly lane: Lane;
  readonly reason: string;
}

/** What decides. */
export interface LaneFacts {
  readonly id: string;
  readonly empty: boolean;
  /** The role may drop and make constraints. */
  readonly owned: boolean;
  /** The role may COPY into it, and no row level security applies to it. */
  readonly copyable: boolean;
  /** Tables that this one refers to. */
  readonly parents: readonly string[];
}

/**
 * Bare tables are loaded in one transaction. A table with rows goes before it where none of its parents is among them, else
 * behind it; an empty one that needs such a late parent goes the way of the tables with rows.
 */
export function chooseLanes(tables: readonly LaneFacts[], canStage: boolean): ReadonlyMap<string, LaneChoice> {
  const chosen = new Map(tables.map((table) => [table.id, alone(table, canStage)]));
  for (let changed = true; changed; ) {
    changed = false;
    const late = lateTables(tables, chosen);
    for (const { id, parents } of tables) {
      const parent = parents.find((each) => late.has(each));
      if (chosen.get(id)?.lane !== "bare" || parent === undefined) continue;
      chosen.set(id, { lane: "staging", reason: `it refers to ${parent}, which has rows and refers to an empty table` });
      changed = true;
    }
  }
  return chosen;
}

function alone({ empty, owned, copyable }: LaneFacts, canStage: boolean): LaneChoice {
  if (!copyable) return { lane: "arrays", reason: "row level security applies to it, or the role may not COPY" };
  if (empty && owned) return { lane: "bare", reason: "it is empty and ours" };
  const reason = empty ? "the role does not own it" : "it has rows";
  return canStage ? { lane: "staging", reason } : { lane: "arrays", reason: `${reason}, and the role may not make temporary tables` };
}

/** Those that are not bare and need, over any number of tables, one that is. */
export function lateTables(tables: readonly LaneFacts[], chosen: ReadonlyMap<string, LaneChoice>): ReadonlySet<string> {
  const isBare = (id: string): boolean => chosen.get(id)?.lane === "bare";
  const late = new Set<string>();
  for (let size = -1; size !== late.size; ) {
    size = late.size;
    for (const { id, parents } of tables)
      if (!isBare(id) && parents.some((parent) => parent !== id && (isBare(parent) || late.has(parent)))) late.add(id);
  }
  return late;
}
