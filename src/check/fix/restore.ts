/** Putting rows of `pgsteward.quarantine` back: read into typed temporary tables, compared with what is there, written. */
import type { Session } from "../../core/engine.ts";
import { failure } from "../../core/errors.ts";
import { id, Raw, sql } from "../../core/sql.ts";
import { checkErrors } from "../errors.ts";
import { refersTo } from "./closure.ts";
import { type ForeignKey, fromClause, type Key, nameOf, primaryKey, type Relation, sourceOf } from "./relations.ts";
import { recordOf, textsOf, withFormats } from "./row-text.ts";

/** The rows of one table that a run took and that are not back yet. */
export interface Stored {
  readonly schema: string;
  readonly table: string;
  /** Columns as they were. */
  readonly names: readonly string[];
  readonly removed: number;
  readonly changed: number;
}

/** A table that rows go back into. */
export interface Return extends Stored {
  /** Tells its temporary tables apart. */
  readonly number: number;
  readonly relation: Relation;
  /** Columns that were there then and are there now. */
  readonly columns: readonly string[];
  /** The primary key, where all of its columns were there then. */
  readonly key: Key | undefined;
}

/** A row that stands against an undo. */
export interface Conflict {
  readonly table: string;
  /** `(id)=(5)`, or how many rows of a table without a primary key. */
  readonly row: string;
  readonly problem: string;
}

export function returnOf(stored: Stored, relation: Relation, number: number): Return {
  const columns = relation.columns.map(({ name }) => name).filter((name) => stored.names.includes(name));
  const key = primaryKey(relation);
  return { ...stored, number, relation, columns, key: key?.columns.every((name) => columns.includes(name)) === true ? key : undefined };
}

const old = (back: Return): Raw => id("pg_temp", `pgsteward_old_${back.number}`);
const now = (back: Return): Raw => id("pg_temp", `pgsteward_new_${back.number}`);
const at = (back: Return): Raw => id("pg_temp", `pgsteward_at_${back.number}`);

/** Reads the texts with the types that the columns have today, and finds the changed rows in their table. */
export function unpack(session: Session, run: number, backs: readonly Return[]): Promise<void> {
  return withFormats(session, async () => {
    for (const back of backs) {
      await unpackValues(session, run, back);
      await findChanged(session, back);
    }
  });
}

async function unpackValues(session: Session, run: number, back: Return): Promise<void> {
  const shape = id("pg_temp", `pgsteward_shape_${back.number}`).text;
  const positions = back.columns.map((name) => back.names.indexOf(name) + 1);
  const columns = back.columns.map((name) => id(name).text).join(", ");
  const fields = back.columns.map((name) => `, (q.typed).${id(name).text}`).join("");
  await session.script(`create temporary table pgsteward_shape_${back.number} on commit drop as
    select ${columns} from ${id(back.schema, back.table).text} with no data`);
  const pairs = [
    [old(back), "column_values"],
    [now(back), "new_values"],
  ] as const;
  for (const [target, source] of pairs) {
    await session.script(`create temporary table ${target.text.replace(/^.*\./, "")} on commit drop as
      select 0::bigint as pgsteward_id, ''::text as pgsteward_action, s.* from ${shape} s with no data`);
    await session.query(sql`
      insert into ${target}
      select q.id, q.action${new Raw(fields)}
      from (
        select s.id, s.action, (${recordOf(`s.${source}`, positions)})::${new Raw(shape)} as typed
        from pgsteward.quarantine s
        where s.run_id = ${run} and s.schema_name = ${back.schema} and s.table_name = ${back.table}
          and s.restored_by is null and s.${id(source)} is not null
        order by s.id offset 0
      ) q`);
  }
}

/** Where the changed rows are, provided that they are still what the fix made of them. */
async function findChanged(session: Session, back: Return): Promise<void> {
  const { key, columns, relation } = back;
  await session.script(`create temporary table pgsteward_at_${back.number} (id bigint, part oid, tid tid) on commit drop`);
  if (back.changed === 0) return;
  if (key)
    await session.query(sql`
      insert into ${at(back)} select n.pgsteward_id, t.tableoid, t.ctid
      from ${now(back)} n join ${sourceOf(relation)} t on ${equal(key, "t", "n")}
      where ${textsOf("t", columns)} is not distinct from ${textsOf("n", columns)}`);
  // Of rows that are the same in every column, any will do.
  else
    await session.query(sql`
      insert into ${at(back)} select n.id, t.part, t.tid
      from (select n.pgsteward_id as id, v.texts, row_number() over (partition by v.texts order by n.pgsteward_id) as copy
        from ${now(back)} n cross join lateral (select ${textsOf("n", columns)} as texts) v) n
      join (select t.tableoid as part, t.ctid as tid, v.texts, row_number() over (partition by v.texts) as copy
        from ${sourceOf(relation)} t cross join lateral (select ${textsOf("t", columns)} as texts) v) t
      using (texts, copy)`);
  await session.script(`analyze pg_temp.pgsteward_at_${back.number}`);
}

const equal = ({ columns, operators }: Key, a: string, b: string): Raw =>
  new Raw(columns.map((name, i) => `${id(a, name).text} ${operators[i]} ${id(b, name).text}`).join(" and "));

/**
 * Rows in the way. Races with others are told by the constraints and by the counts of what was written. Without
 * `foreignKeys`, rows without a parent are in nobody's way.
 */
export async function conflictsOf(
  session: Session,
  backs: readonly Return[],
  foreignKeys: readonly ForeignKey[],
): Promise<readonly Conflict[]> {
  const conflicts: Conflict[] = [];
  for (const back of backs) {
    conflicts.push(...(await changedSince(session, back)), ...(await takenKeys(session, back)));
    for (const key of foreignKeys)
      if (key.childRoot === back.relation.oid) conflicts.push(...(await missingParents(session, back, key, backs)));
  }
  return conflicts;
}

async function changedSince(session: Session, back: Return): Promise<readonly Conflict[]> {
  const { rows } = await session.query<{ key: readonly string[] }>(sql`
    select ${textsOf("n", back.key?.columns ?? [])} as key from ${now(back)} n
    where not exists (select from ${at(back)} a where a.id = n.pgsteward_id) order by n.pgsteward_id`);
  const conflict = (row: string): Conflict => ({ table: nameOf(back), row, problem: "changed or deleted since" });
  if (!back.key) return rows.length === 0 ? [] : [conflict(`${rows.length} rows`)];
  return rows.map(({ key }) => conflict(keyText(back.key as Key, key)));
}

async function takenKeys(session: Session, back: Return): Promise<readonly Conflict[]> {
  const found = new Map<string, Conflict>();
  for (const key of back.relation.keys) {
    if (back.removed === 0 || !key.columns.every((name) => back.columns.includes(name))) continue;
    const { rows } = await session.query<{ key: readonly string[] }>(sql`
      select ${textsOf("o", key.columns)} as key from ${old(back)} o join ${sourceOf(back.relation)} t on ${equal(key, "t", "o")}
      where o.pgsteward_action = 'removed' and not exists (select from ${at(back)} a where a.part = t.tableoid and a.tid = t.ctid)
      order by o.pgsteward_id`);
    for (const { key: texts } of rows) {
      const row = keyText(key, texts);
      found.set(row, { table: nameOf(back), row, problem: "its key is taken" });
    }
  }
  return [...found.values()];
}

/** Rows whose parent neither is there nor comes back with them. */
async function missingParents(session: Session, back: Return, key: ForeignKey, backs: readonly Return[]): Promise<readonly Conflict[]> {
  if (!key.childColumns.every((name) => back.columns.includes(name))) return [];
  const present = key.childColumns.map((name) => `${id("c", name).text} is not null`).join(" and ");
  const coming = backs.find(
    ({ relation, columns }) => relation.oid === key.parentRoot && key.parentColumns.every((name) => columns.includes(name)),
  );
  const among = coming ? sql`and not exists (select from ${old(coming)} p where ${refersTo(key)})` : sql``;
  const { rows } = await session.query<{ key: readonly string[] }>(sql`
    select ${textsOf("c", key.childColumns)} as key from ${old(back)} c
    where ${new Raw(present)} and not exists (select from ${fromClause(key.parent)} p where ${refersTo(key)}) ${among}
    order by c.pgsteward_id`);
  const problem = `no such row in ${nameOf(key.parent)} (${key.name})`;
  return rows.map(({ key: texts }) => ({ table: nameOf(back), row: `(${key.childColumns.join(", ")})=(${texts.join(", ")})`, problem }));
}

const keyText = ({ columns }: Key, texts: readonly string[]): string => `(${columns.join(", ")})=(${texts.join(", ")})`;

/**
 * Writes everything in one statement: foreign keys are checked at its end, so the order of the tables does not matter. The
 * changed rows go first, because an old value may have been given up for one that a removed row has.
 */
export async function writeBack(session: Session, backs: readonly Return[]): Promise<void> {
  const updates = backs.filter(({ changed }) => changed > 0).map((back) => [back, `u${back.number}`] as const);
  const inserts = backs.filter(({ removed }) => removed > 0).map((back) => [back, `i${back.number}`] as const);
  const before = updates.map(([, name]) => `(select count(*) from ${name})`).join(" + ") || "0";
  const parts = [
    ...updates.map(([back, name]) => `${name} as (${updateOf(back)} returning ${textsOf("t", back.columns).text} as texts)`),
    ...inserts.map(([back, name]) => `${name} as (${insertOf(back, before)} returning ${textsOf("t", back.columns).text} as texts)`),
  ];
  const written = [...updates, ...inserts].map(([back, name]) => {
    const action = name.startsWith("u") ? "changed" : "removed";
    return `select '${name}' as part, (select count(*) from ${name})::float8 as rows, (select count(*) from (
      select texts from ${name} except all
      select ${textsOf("o", back.columns).text} from ${old(back).text} o where o.pgsteward_action = '${action}') d)::float8 as other`;
  });
  const { rows } = await session.query<{ part: string; rows: number; other: number }>(
    `with ${parts.join(",\n")}\n${written.join("\nunion all\n")}`,
  );
  for (const [back, name] of [...updates, ...inserts])
    refuseInexact(
      back,
      name.startsWith("u") ? back.changed : back.removed,
      rows.find(({ part }) => part === name),
    );
}

function updateOf(back: Return): string {
  const settable = back.relation.columns.filter(({ name, identityAlways }) => !identityAlways && back.columns.includes(name));
  const values = settable.map(({ name }) => `${id(name).text} = ${id("o", name).text}`).join(", ");
  return `update ${sourceOf(back.relation).text} t set ${values}
    from ${old(back).text} o join ${at(back).text} a on a.id = o.pgsteward_id where t.tableoid = a.part and t.ctid = a.tid`;
}

function insertOf(back: Return, before: string): string {
  const columns = back.columns.map((name) => id(name).text);
  return `insert into ${id(back.schema, back.table).text} as t (${columns.join(", ")}) overriding system value
    select ${columns.map((name) => `o.${name}`).join(", ")} from ${old(back).text} o
    where o.pgsteward_action = 'removed' and (${before}) >= 0 order by o.pgsteward_id`;
}

function refuseInexact(back: Return, expected: number, written: { readonly rows: number; readonly other: number } | undefined): void {
  const missing = expected - (written?.rows ?? 0);
  const rows = Math.max(missing, written?.other ?? 0);
  if (rows > 0) throw failure(checkErrors, "CHECK_UNDO_NOT_EXACT", { table: nameOf(back), rows });
}
