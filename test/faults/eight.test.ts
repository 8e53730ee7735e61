/** Eight processes run `up` at once, a CREATE INDEX CONCURRENTLY among the files: all succeed, each file is applied once. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { cliOn } from "../support/cli-run.ts";
import { project } from "../support/migrate-project.ts";

const files = {
  "001_a.sql": "create table a (id int, name text); insert into a select i, 'n' || i from generate_series(1, 200) i;",
  "002_i.sql": "create index concurrently a_name on a (name);",
  "003_b.sql":
    "insert into a values (1000, 'once');\ncreate unique index concurrently a_id on a (id);\ninsert into a values (1001, 'once');",
  "004_c.sql": "create table c (id int);",
};

for (const round of [1, 2, 3]) {
  test(`eight at once, round ${round}`, async (t) => {
    const p = await project(t, files);
    const results = await Promise.all(Array.from({ length: 8 }, () => cliOn(p, "migrate", "up", "--json")));
    for (const { code, stderr, stdout } of results) assert.equal(code, 0, `${stderr}\n${stdout}`);
    const applied = results.map(({ stdout }) => (JSON.parse(stdout) as { applied: boolean }).applied);
    assert.equal(applied.filter(Boolean).length, 1, "one of them did it, the others found it done");
    assert.deepEqual(await p.applied(), ["001_a", "002_i", "003_b", "004_c"]);
    const session = await p.session();
    const { rows: indexes } = await session.query(
      "select relname as name, indisvalid as valid from pg_index join pg_class on pg_class.oid = indexrelid where indrelid = 'a'::regclass order by 1",
    );
    assert.deepEqual(indexes, [
      { name: "a_id", valid: true },
      { name: "a_name", valid: true },
    ]);
    assert.equal((await session.query("select count(*)::int as n from a where name = 'once'")).rows[0]?.["n"], 2);
    assert.equal((await session.query("select count(*)::int as n from pgsteward.migration_event")).rows[0]?.["n"], 0);
  });
}
