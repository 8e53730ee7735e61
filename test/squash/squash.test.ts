/** Squash: one baseline in the place of many, proved, and taken for done where the old files ran. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { entriesOf, failureOf, project } from "../support/migrate-project.ts";

const files = {
  "001_users.sql":
    "create table users (id int generated always as identity primary key, name text not null unique);\ninsert into users (name) values ('ann'), ('o''brien'), (e'tab\\there');",
  "002_posts.sql": `create table posts (id serial primary key, author int not null references users, body text, at timestamptz default now());
create function stamp() returns trigger language plpgsql as $$ begin new.body := new.body || '!'; return new; end $$;
create trigger stamp before insert on posts for each row execute function stamp();
insert into posts (author, body) select id, null from users; insert into posts (author, body) values (1, 'hello');
alter table posts enable row level security; alter table posts force row level security;
create policy mine on posts using (author = 1);`,
  "003_index.sql": "create index concurrently posts_author on posts (author);\ncomment on table posts is 'what people write';",
};

test("the baseline makes the same catalog and rows; a database that ran the old files takes it without a run", async (t) => {
  const old = await project(t, files);
  const before = await old.steward();
  await before.migrate.up();
  const catalog = await old.fingerprint();
  const rows = async (made: typeof old): Promise<unknown> =>
    (
      await (
        await made.session()
      ).query(
        "select (select jsonb_agg(u order by id) from users u) as users, (select jsonb_agg(to_jsonb(p) - 'at' order by id) from posts p) as posts, nextval('posts_id_seq') as next",
      )
    ).rows[0];
  const wanted = await rows(old);

  const result = await before.migrate.squash();
  assert.deepEqual(result.absorbs, ["001_users", "002_posts", "003_index"]);
  assert.deepEqual(await entriesOf(old.migrations), ["003_baseline.sql", "squashed"]);
  const { result: taken } = await before.migrate.up();
  assert.deepEqual(taken.applied, ["003_baseline"]);
  assert.equal(await old.fingerprint(), catalog);
  assert.deepEqual(await old.applied(), ["003_baseline"]);
  const { ok, findings } = await before.migrate.validate();
  assert.deepEqual([ok, findings], [true, []]);

  const fresh = await project(t, { "003_baseline.sql": await readFile(result.path) });
  await (await fresh.steward()).migrate.up();
  assert.equal(await fresh.fingerprint(), catalog);
  assert.deepEqual(await rows(fresh), wanted);
});

test("what comes later still sorts and rolls back behind the baseline", async (t) => {
  const made = await project(t, {
    ...files,
    "004_more.sql": "-- Up migration\ncreate table more ();\n-- Down migration\ndrop table more;\n",
  });
  const steward = await made.steward();
  await steward.migrate.up();
  await steward.migrate.squash({ until: "003" });
  await steward.migrate.up();
  assert.deepEqual(await made.applied(), ["003_baseline", "004_more"]);
  const { result } = await steward.migrate.down();
  assert.deepEqual(result.reverted, ["004_more"]);
});

test("a database that ran a part of it, or another content, is refused and keeps its history", async (t) => {
  const part = await project(t, files);
  const steward = await part.steward();
  await steward.migrate.up({ to: "002" });
  await steward.migrate.squash();
  const error = await failureOf(steward.migrate.up(), "MIGRATE_SQUASH_PARTIAL");
  assert.equal(error.exit, 3);
  assert.deepEqual(await part.applied(), ["001_users", "002_posts"]);
});

test("nothing is written where there is nothing to squash, or only asked for", async (t) => {
  const one = await project(t, { "001_a.sql": "select 1;" });
  await failureOf((await one.steward()).migrate.squash(), "MIGRATE_SQUASH_NOTHING");
  const made = await project(t, files);
  const { sql, written } = await (await made.steward()).migrate.squash({ write: false });
  assert.ok(!written && sql.includes("-- pgsteward: absorbs 001_users "));
  assert.deepEqual(await entriesOf(made.migrations), Object.keys(files));
});
