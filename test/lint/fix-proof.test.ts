/** What `--fix` has to find equal before it writes: wrong rewrites, each of which the proof has to see. */
import assert from "node:assert/strict";
import test from "node:test";
import { proveEqual } from "../../src/migrate/lint/fix/proof.ts";
import { migration, onBench } from "../prove/support.ts";

const base = `create table parent (id bigint primary key);
create table t (id bigint primary key, n int, parent_id bigint, note text);`;

interface Wrong {
  readonly naive: string;
  readonly down?: string;
  readonly wrong: string;
  readonly problems: readonly RegExp[];
}

const wrongs: Readonly<Record<string, Wrong>> = {
  "a constraint that is never validated": {
    naive: "alter table t add constraint c check (n < 1000000000) ;",
    wrong: "alter table t add constraint c check (n < 1000000000) not valid;",
    problems: [/^after up: table public\.t: constraint c differs\n.*not valid/is],
  },
  "another name": {
    naive: "alter table t add unique (n);",
    wrong: "create unique index concurrently t_n_unique on t (n); alter table t add constraint t_n_unique unique using index t_n_unique;",
    problems: [/constraint t_n_key is missing/, /constraint t_n_unique is unexpected/],
  },
  "something left behind": {
    naive: "alter table t alter column id set not null;",
    wrong: "alter table t add constraint given check (id is not null);",
    problems: [/constraint given is unexpected/],
  },
  "an index without its columns": {
    naive: "create index i on t (n) include (note);",
    wrong: "create index concurrently i on t (n);",
    problems: [/index .*i differs/],
  },
  "other values": {
    naive: "update t set note = 'x';",
    wrong: "update t set note = 'y';",
    problems: [/^after up: table public\.t: column note has other values$/],
  },
  "rows that are not filled": {
    naive: "alter table t add column at timestamptz default now();",
    wrong: "alter table t add column at timestamptz; alter table t alter column at set default now();",
    problems: [/^after up: table public\.t: column at has other values$/],
  },
  "columns in another order": {
    naive: "alter table t add column a int, add column b int;",
    wrong: "alter table t add column b int; alter table t add column a int;",
    problems: [/columns in another order/],
  },
  "a down that does not run any more": {
    naive: "create table x (id int); alter table t add column x int;",
    down: "drop table x; alter table t drop column x;",
    wrong: "create table x (id int); alter table t add column x int; create view z as select 1 from x;",
    problems: [/view public\.z is unexpected/, /^the down section does not run after it$/],
  },
  "a sequence that fails": {
    naive: "create index on t (n);",
    wrong: "create index on t (nothing);",
    problems: [/^the sequence fails: .*nothing/s],
  },
};

test("the proof sees", async (t) => {
  await onBench(t, base, async (bench) => {
    const before = (await bench.catalog()).fingerprint;
    for (const [name, { naive, down, wrong, problems }] of Object.entries(wrongs)) {
      await t.test(name, async () => {
        const found = await proveEqual(bench, migration(naive, down), migration(wrong, down));
        assert.equal(found.problems.length, problems.length, found.problems.join("\n"));
        for (const [i, problem] of problems.entries()) assert.match(found.problems[i] ?? "", problem);
        assert.equal((await bench.catalog()).fingerprint, before, "the bench is left as it was");
      });
    }
  });
});

test("values that are chance are not compared, all others are, with rows", async (t) => {
  await onBench(t, base, async (bench) => {
    const naive = migration("alter table t add column token uuid default gen_random_uuid(), add column k int default 1;");
    const made =
      "alter table t add column token uuid; alter table t alter column token set default gen_random_uuid(); update t set token = gen_random_uuid();";
    const good = await proveEqual(bench, naive, migration(`${made} alter table t add column k int default 1;`));
    assert.deepEqual(good, { problems: [], rows: 3 });
    const bad = await proveEqual(bench, naive, migration(`${made} alter table t add column k int default 1; update t set k = 2;`));
    assert.deepEqual(bad.problems, ["after up: table public.t: column k has other values"]);
  });
});
