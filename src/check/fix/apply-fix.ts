/** Doing what a fix's plan says, in one transaction: it happens whole, as planned, or not at all. */
import type { Session } from "../../core/engine.ts";
import { failure } from "../../core/errors.ts";
import type { Progress } from "../../core/events.ts";
import { id, Raw, type Sql, sql } from "../../core/sql.ts";
import { checkErrors } from "../errors.ts";
import { conditionOf } from "../statement.ts";
import { count } from "../words.ts";
import { collectRows, type FixableRule, refersTo, type Taken } from "./closure.ts";
import { isAt, numberRows, type Part, storeNewValues, storeRows } from "./quarantine.ts";
import { type ForeignKey, fromClause, nameOf, readForeignKeys, type Relation, sourceOf } from "./relations.ts";
import { type Expected, sideEffects, startCounting } from "./side-effects.ts";
import { beginWriting, type Timeouts } from "./transaction.ts";
import { type Trigger, withoutTriggers } from "./triggers.ts";

export interface FixWork extends Timeouts {
  readonly rules: readonly FixableRule[];
  readonly planned: readonly Taken[];
  /** To be switched off for the transaction. */
  readonly silenced: readonly Trigger[];
  /** The command that leaves these rules out. */
  readonly without?: ((rules: readonly string[]) => string) | undefined;
}

/** Errors: CHECK_FIX_COUNT_CHANGED, CHECK_FIX_SIDE_EFFECTS, CHECK_FIX_STILL_WRONG; each rolls everything back. */
export function applyFix(session: Session, work: FixWork, progress: Progress): Promise<{ readonly run: number }> {
  return session.transaction(async () => {
    await beginWriting(session, work);
    const restoreTriggers = await withoutTriggers(session, work.silenced);
    const foreignKeys = await readForeignKeys(session);
    const taken = await collectRows(session, { rules: work.rules, foreignKeys, lock: true });
    refuseOtherCounts(work.planned, taken);
    const parts = await numberRows(session);
    const total = parts.reduce((sum, { removed, changed }) => sum + removed + changed, 0);
    const names = work.rules.map(({ name }) => name);
    refuseLost("stored", total, await storeRows(session, parts, names, progress));
    await startCounting(session);
    await changeRows(session, { rules: work.rules, foreignKeys, taken, parts, without: work.without });
    await session.script("set constraints all immediate");
    await restoreTriggers();
    const { rows } = await session.query<{ run: number }>("select pg_catalog.currval('pgsteward.run_id_seq')::float8 as run");
    return { run: rows[0]?.run ?? 0 };
  });
}

interface Collected extends Pick<FixWork, "without"> {
  readonly rules: readonly FixableRule[];
  readonly foreignKeys: readonly ForeignKey[];
  readonly taken: readonly Taken[];
  readonly parts: readonly Part[];
}

/** Told how many rows of a table an UPDATE wrote. */
type Count = (root: number, rows: number) => void;

async function changeRows(session: Session, { rules, foreignKeys, taken, parts, without }: Collected): Promise<void> {
  const updates = new Map<number, number>();
  const updated: Count = (root, rows) => void updates.set(root, (updates.get(root) ?? 0) + rows);
  for (const key of foreignKeys) await dropReferences(session, key, parts, updated);
  await removeRows(session, parts);
  const settings = settingsOf(rules, taken, parts);
  for (const { root, values, chosen } of settings) updated(root.oid, await updateRows(session, root, values, chosen));
  await refuseStillWrong(session, settings, new Set(taken.map(({ rule }) => rule)), without);
  const changed = parts.reduce((sum, part) => sum + part.changed, 0);
  refuseLost("changed", changed, await storeNewValues(session));
  const tables = await sideEffects(session, expectedOf(parts, updates));
  if (tables.length > 0) throw failure(checkErrors, "CHECK_FIX_SIDE_EFFECTS", { tables: tables.join("; ") });
}

function expectedOf(parts: readonly Part[], updates: ReadonlyMap<number, number>): ReadonlyMap<number, Expected> {
  const expected = new Map<number, Expected>();
  for (const { root, removed } of parts) {
    const deleted = (expected.get(root.oid)?.deleted ?? 0) + removed;
    expected.set(root.oid, { inserted: 0, updated: updates.get(root.oid) ?? 0, deleted });
  }
  return expected;
}

/** Rows that stay lose their reference to removed ones: what ON DELETE SET NULL would do, but to rows that are known and stored. */
async function dropReferences(session: Session, key: ForeignKey, parts: readonly Part[], updated: Count): Promise<void> {
  const roots = new Set(parts.filter(({ changed, root }) => changed > 0 && root.oid === key.childRoot).map(({ root }) => root));
  const values = key.sets.map(({ column, to }) => `${id(column).text} = ${to}`).join(", ");
  for (const root of key.sets.length === 0 ? [] : roots) {
    const chosen = sql`
      select w.id as pgsteward_id, w.part as pgsteward_part, w.tid as pgsteward_tid
      from pg_temp.pgsteward_work w
      join ${fromClause(key.child)} c on c.tableoid = w.part and c.ctid = w.tid
      where w.action = 'changed' and exists (
        select from ${fromClause(key.parent)} p
        join pg_temp.pgsteward_work g on g.part = p.tableoid and g.tid = p.ctid
        where ${refersTo(key)} and g.action = 'removed')`;
    updated(root.oid, await updateRows(session, root, new Raw(values), chosen));
  }
}

/** One statement for all tables: foreign keys are checked at its end, so that rows in a circle can go, deferrable or not. */
async function removeRows(session: Session, parts: readonly Part[]): Promise<void> {
  const leaving = parts.filter(({ removed }) => removed > 0);
  if (leaving.length === 0) return;
  const deletes = leaving.map(
    ({ oid, schema, table }, i) =>
      `
    d${i} as (
      delete from only ${id(schema, table).text} t using pg_temp.pgsteward_work w
      where w.part = ${oid} and w.action = 'removed' and t.ctid = w.tid returning 1)`,
  );
  const counts = leaving.map((_, i) => `(select count(*) from d${i})`);
  const { rows } = await session.query<{ removed: number }>(`with ${deletes.join(", ")} select (${counts.join(" + ")})::float8 as removed`);
  refuseLost(
    "removed",
    leaving.reduce((sum, { removed }) => sum + removed, 0),
    rows[0]?.removed ?? 0,
  );
}

/** The new values of one rule for its rows of one table. */
interface Setting {
  readonly rule: FixableRule;
  readonly root: Relation;
  readonly values: Sql;
  readonly chosen: Sql;
}

function settingsOf(rules: readonly FixableRule[], taken: readonly Taken[], parts: readonly Part[]): readonly Setting[] {
  return rules.flatMap((rule, number) => {
    if (rule.fix.action !== "set") return [];
    const values = assignments(rule.fix.values);
    const named = new Set(taken.filter((one) => one.rule === rule.name && one.reference === null).map(({ root }) => root));
    const roots = new Set(parts.map(({ root }) => root).filter(({ oid }) => named.has(oid)));
    return [...roots].map((root) => {
      const chosen = sql`
        select w.id as pgsteward_id, w.part as pgsteward_part, w.tid as pgsteward_tid from pg_temp.pgsteward_work w
        where ${number}::int = any (w.rule || w.also) and w.reference is null and w.action = 'changed' and w.root = ${root.oid}::oid`;
      return { rule, root, values, chosen };
    });
  });
}

/**
 * The rows must satisfy their rules now. One rule with bad values must not be in the way of all others: all such rules are
 * told, with the command that does the rest.
 */
async function refuseStillWrong(
  session: Session,
  settings: readonly Setting[],
  rules: ReadonlySet<string>,
  without: FixWork["without"],
): Promise<void> {
  const wrong: { readonly rule: string; readonly table: string; readonly rows: number }[] = [];
  for (const { rule, root, chosen } of settings) {
    const { rows } = await session.query<{ wrong: number }>(sql`
      select count(*)::float8 as wrong from ${sourceOf(root)} t join (${chosen}) w on ${new Raw(isAt(root))} where ${conditionOf(rule)}`);
    const still = rows[0]?.wrong ?? 0;
    if (still > 0) wrong.push({ rule: rule.name, rows: still, table: nameOf(root) });
  }
  if (wrong.length === 0) return;
  const names = [...new Set(wrong.map(({ rule }) => rule))];
  const what = wrong.map(({ rule, rows, table }) => `${rule} (${count(rows, "row")} of ${table})`).join(", ");
  const hint = without !== undefined && names.length < rules.size ? { hint: `fix the others: \`${without(names)}\`` } : {};
  throw failure(checkErrors, "CHECK_FIX_STILL_WRONG", { what, rules: wrong }, hint);
}

const assignments = (values: Readonly<Record<string, Sql>>): Sql =>
  Object.entries(values)
    .map(([column, value]) => sql`${id(column)} = (${value})`)
    .reduce((list, one) => sql`${list}, ${one}`);

/** Updates the chosen rows of a table and keeps track of where they are; a partitioned table may move them. */
async function updateRows(session: Session, root: Relation, values: Raw | Sql, chosen: Sql): Promise<number> {
  const { count } = await session.query(sql`
    with u as (
      update ${sourceOf(root)} t set ${values} from (${chosen}) w where ${new Raw(isAt(root))}
      returning w.pgsteward_id, t.tableoid as part, t.ctid as tid)
    update pg_temp.pgsteward_work w set part = u.part, tid = u.tid from u where w.id = u.pgsteward_id`);
  return count;
}

/** What the plan said and what is there now differ: somebody wrote in between. */
function refuseOtherCounts(planned: readonly Taken[], found: readonly Taken[]): void {
  const keyOf = ({ rule, root, action, reference }: Taken): string => JSON.stringify([rule, root, action, reference]);
  const before = new Map(planned.map((taken) => [keyOf(taken), taken]));
  const now = new Map(found.map((taken) => [keyOf(taken), taken]));
  const differences = [...new Map([...before, ...now])].flatMap(([key, taken]) => {
    const [was, is] = [before.get(key)?.rows ?? 0, now.get(key)?.rows ?? 0];
    return was === is ? [] : [`${taken.rule}: ${is} rows of ${nameOf(taken)} instead of ${was}`];
  });
  if (differences.length > 0) throw failure(checkErrors, "CHECK_FIX_COUNT_CHANGED", { differences: differences.join("; ") });
}

function refuseLost(what: string, planned: number, done: number): void {
  if (planned === done) return;
  throw failure(checkErrors, "CHECK_FIX_COUNT_CHANGED", { differences: `${done} rows could be ${what} instead of ${planned}` });
}
