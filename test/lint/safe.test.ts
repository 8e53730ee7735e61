/** The safe sequence that comes with a finding runs, and lint has nothing to say against it. */
import assert from "node:assert/strict";
import test from "node:test";
import type { Session } from "../../src/core/engine.ts";
import { base } from "./corpus/corpus.ts";
import { lintExample } from "./pages.ts";
import { pglite } from "./stages.ts";

const setup = base;
/** What keeps a sequence from being run by itself: something that only a person can fill in. */
const unfinished = /<[a-z ]+>/;

const statements = [
  "alter table t alter column i set not null",
  "alter table t alter column i set not null, alter column spare set not null",
  "alter table t add constraint c check (i < 1000)",
  "alter table t add check (i < big)",
  "alter table t add constraint fk foreign key (big) references parent",
  "alter table t add foreign key (big) references parent (id) on delete cascade deferrable initially deferred",
  "alter table t add constraint c unique (i, nn)",
  "alter table t add unique (spare)",
  "alter table keyless add primary key (a, b)",
  "create index x on t (txt)",
  "create unique index x on t (lower(txt)) where b",
  "create index x on events (id)",
  "reindex table t",
  "reindex index t_i_idx",
  "refresh materialized view totals",
  "alter table t add column x uuid default gen_random_uuid()",
  "alter table t add column x uuid not null default gen_random_uuid()",
  "alter table t add column x bigserial",
  "alter table t add column x bigint generated always as identity",
  "alter table t add column x int generated always as (i * 2) stored",
  "alter table t add column x int check (x > 0)",
  "alter table t add column x text unique",
  "alter table t add column x bigint default 1 references parent",
  "alter table t add column x text not null",
  "alter table t add column x int, add column y timestamptz default clock_timestamp()",
  "alter table t alter column big type int",
  "alter table t alter column u type text using u::text",
  "alter table lists attach partition lists_c for values in ('c')",
  "alter table events attach partition events_2026 for values from ('2026-01-01') to ('2027-01-01')",
  "create table events_2028 partition of events for values from ('2028-01-01') to ('2029-01-01')",
];

async function safeFor(session: Session, statement: string, target: string): Promise<string | undefined> {
  const { findings } = await lintExample(session, statement, { setup, settings: { target } });
  const worst = findings.find(({ severity }) => severity === "error");
  assert.ok(worst, `${statement}: no finding`);
  return worst.facts?.["safe"] as string | undefined;
}

/** Rules about what a table looks like are not about how a statement gets there. */
const aboutSteps = /LINT_(REWRITE|INDEX_BUILD|FOREIGN_KEY|SCAN_UNDER_LOCK|LOCK_HELD|FAILS|UNSEEN|NOT_NULL_WITHOUT_DEFAULT|UNBATCHED_ROWS)$/;

for (const target of ["150018", "180004"]) {
  test(`safe sequences run and are safe, for version ${target}`, async (t) => {
    await pglite().use([], async (session) => {
      for (const statement of statements) {
        await t.test(statement, async () => {
          const safe = await safeFor(session, statement, target);
          if (safe === undefined) return assert.match(statement, /stored/, "no safe sequence");
          if (unfinished.test(safe)) return;
          const { findings } = await lintExample(session, safe, { setup, settings: { target } });
          const left = findings
            .filter(({ code }) => aboutSteps.test(code))
            .map(({ code, object, message, facts }) => `${code} ${facts?.["line"] as number} ${object} ${message}`);
          assert.deepEqual(left, [], safe);
        });
      }
    });
  });
}

test("what is said for a version is what it takes", async () => {
  await pglite().use([], async (session) => {
    const [old, now] = [
      await safeFor(session, statements[0] as string, "150018"),
      await safeFor(session, statements[0] as string, "180004"),
    ];
    assert.match(old ?? "", /check \(i is not null\) not valid/);
    assert.match(now ?? "", /add constraint t_i_not_null not null i not valid/);
  });
});
