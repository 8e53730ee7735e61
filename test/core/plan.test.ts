/** Plans: the hash of what is read is the hash of what runs; applying batches what can travel together and stops where it must. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type ApplyOptions, applyPlan } from "../../src/core/apply.ts";
import { systemClock } from "../../src/core/clock.ts";
import type { Session } from "../../src/core/engine.ts";
import type { StewardEvent } from "../../src/core/events.ts";
import { type Plan, plan, type Step } from "../../src/core/plan.ts";
import { freshDatabase } from "../support/migrate-server.ts";

const script = (title: string, sql: string): Step => ({ title, sql, transaction: "own", script: `begin; ${sql}; commit;` });
const alone = (title: string, sql: string): Step => ({
  title,
  sql,
  transaction: "none",
  run: async (session) => void (await session.script(sql)),
});
const planOf = (...steps: readonly Step[]): Plan => plan({ title: "a plan", steps, findings: [], result: undefined });

interface Run {
  readonly done: number;
  readonly code: string | undefined;
  readonly messages: readonly string[];
  readonly events: readonly StewardEvent[];
  readonly sqlstate: unknown;
  readonly data: Readonly<Record<string, unknown>> | undefined;
}

/** Applies on a session that notes what is sent. */
async function apply(session: Session, what: Plan, more: Partial<ApplyOptions> = {}): Promise<Run> {
  const messages: string[] = [];
  const events: StewardEvent[] = [];
  const noting = Object.create(session, {
    script: { value: (text: string) => (messages.push(text), session.script(text)) },
  }) as Session;
  const { done, error } = await applyPlan(noting, what, {
    clock: { ...systemClock, sleep: () => Promise.resolve() },
    events: (event) => void events.push(event),
    retries: 0,
    batchBytes: 65_536,
    ...more,
  });
  return { done, code: error?.code, messages, events, sqlstate: error?.data["sqlstate"], data: error?.data };
}

test("the hash depends on titles and SQL, and on nothing else", () => {
  const base = planOf(script("one", "select 1"), script("two", "select 2"));
  assert.equal(planOf(script("one", "select 1"), script("two", "select 2")).hash, base.hash);
  assert.match(base.hash, /^[0-9a-f]{12}$/);
  const others = [
    planOf(script("one", "select 1")),
    planOf(script("two", "select 2"), script("one", "select 1")),
    planOf(script("one", "select 1"), script("two", "select 3")),
    planOf(script("one", "select 1"), script("2", "select 2")),
    planOf(script("one", "select 1\0two"), script("", "select 2")),
    { ...base, hash: plan({ ...base, title: "another plan" }).hash },
  ];
  assert.equal(new Set([base.hash, ...others.map(({ hash }) => hash)]).size, others.length + 1);
  assert.equal(plan({ ...base, findings: [{ severity: "info", code: "X", message: "x" }] }).hash, base.hash);
});

test("steps of one message travel together up to the limit, each its own transaction", async (t) => {
  const session = await (await freshDatabase(t)).session();
  await session.script("create table seen (step int, tx bigint default pg_current_xact_id()::text::bigint)");
  const steps = Array.from({ length: 250 }, (_, i) => script(`step ${i}`, `insert into seen (step) values (${i})`));
  const all = await apply(session, planOf(...steps));
  assert.deepEqual([all.done, all.code], [250, undefined]);
  assert.equal(all.messages.length, 3, "a hundred at most");
  assert.deepEqual((await session.query("select count(*)::int as steps, count(distinct tx)::int as transactions from seen")).rows, [
    { steps: 250, transactions: 250 },
  ]);
  assert.equal((await apply(session, planOf(...steps.slice(0, 5)), { batchBytes: 0 })).messages.length, 5);
  const bytes = (steps[0]?.script ?? "").length * 2;
  assert.equal((await apply(session, planOf(...steps.slice(0, 6)), { batchBytes: bytes })).messages.length, 3);
  const done = all.events.filter((event) => event.type === "step" && event.phase === "done");
  assert.equal(done.length, 250);
});

test("a step bigger than the limit goes alone, and one without a message stands between", async (t) => {
  const session = await (await freshDatabase(t)).session();
  const { messages, done } = await apply(
    session,
    planOf(
      script("a", "select 1"),
      script("big", `select '${"x".repeat(100)}'`),
      script("b", "select 2"),
      alone("c", "vacuum"),
      script("d", "select 3"),
      script("e", "select 4"),
    ),
    { batchBytes: 60 },
  );
  assert.equal(done, 6);
  assert.deepEqual(
    messages.map((text) => text.split("select").length - 1),
    [1, 1, 1, 0, 2],
  );
});

test("what failed is the step that failed; what was before it stands, what is behind it does not run", async (t) => {
  const session = await (await freshDatabase(t)).session();
  await session.script("create table seen (step int)");
  const steps = (bad: string): Plan =>
    planOf(...[1, 2, 3, 4, 5].map((i) => script(`step ${i}`, i === 3 ? bad : `insert into seen values (${i})`)));
  for (const [bad, state] of [
    ["select 1/0", "22012"],
    ["selec 1", "42601"],
    ["select * from nowhere", "42P01"],
  ] as const) {
    await session.script("truncate seen");
    const { done, sqlstate } = await apply(session, steps(bad));
    assert.deepEqual([done, sqlstate], [2, state], bad);
    const { rows } = await session.query("select step from seen order by 1");
    assert.deepEqual(
      rows.map(({ step }) => step as number),
      [1, 2],
      bad,
    );
    await session.query("select 1");
  }
});

test("where it failed is told within the step's own script, wherever it stands in the message", async (t) => {
  const session = await (await freshDatabase(t)).session();
  const before = "select 'é€😀'; select";
  for (const count of [1, 2, 3, 5])
    for (let at = 0; at < count; at++) {
      const ok = Array.from({ length: count }, (_, i) => script(`step ${i}`, "select 'ä'"));
      for (const [bad, position] of [
        [`${before} nothing`, "begin; ".length + [...before].length + 2],
        [`${before} 1/0`, undefined],
      ] as const) {
        const { done, data } = await apply(session, planOf(...ok.with(at, script("bad", bad))));
        assert.deepEqual([done, data?.["completed"], data?.["position"]], [at, ["BEGIN", "SELECT"], position], `${at} of ${count}: ${bad}`);
      }
    }
});

test("whether a COMMIT waits for the disk is afterwards as it was, after success and failure, whatever a step sets", async (t) => {
  const database = await freshDatabase(t);
  for (const wanted of ["on", "local", "off"]) {
    await (await database.session()).script(`alter database ${database.name} set synchronous_commit = '${wanted}'`);
    for (const bad of ["select 1", "select 1/0", "selec"])
      for (const at of [0, 1, 2]) {
        const session = await database.session();
        const own = script("own", "set local synchronous_commit = on; select 1");
        await apply(session, planOf(...[own, own, own].with(at, script("bad", bad))));
        assert.equal((await session.query("show synchronous_commit")).rows[0]?.["synchronous_commit"], wanted, `${bad} at ${at}`);
      }
  }
});

test("nothing begins once the signal is aborted", async (t) => {
  const session = await (await freshDatabase(t)).session();
  const abort = new AbortController();
  const { done, messages } = await apply(session, planOf(script("a", "select 1"), script("b", "select 2")), {
    batchBytes: 0,
    signal: abort.signal,
    afterStep: () => Promise.resolve(abort.abort(new Error("enough"))),
  });
  assert.deepEqual([done, messages.length], [1, 1]);
});

test("an empty plan is done", async (t) => {
  const session = await (await freshDatabase(t)).session();
  assert.deepEqual((await apply(session, planOf())).done, 0);
});
