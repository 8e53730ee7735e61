/** SIGKILL at every message of a backfill, of a statement and of a script: the next run goes on behind the last chunk, and no row is touched twice. */
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { startChild } from "../support/migrate-child.ts";
import { type Files, project, type Project } from "../support/migrate-project.ts";

/** A trigger counts each touch of a row. */
const base = `create table users (id int primary key, hash text, touched int not null default 0);
insert into users (id) select generate_series(1, 25);
create function count_touch() returns trigger language plpgsql as $$ begin new.touched = old.touched + 1; return new; end $$;
create trigger count_touch before update on users for each row execute function count_touch();`;

const kinds: Readonly<Record<string, Files>> = {
  "a statement": {
    "001_a.sql": base,
    "002_b.sql": "alter table users add done boolean;\n-- pgsteward: backfill table=users batch=10\nupdate users set hash = md5(id::text);",
  },
  "a script": {
    "001_a.sql": base,
    "002_b.ts": `export const backfill = { table: "users", batch: 10 };
export async function up(session, rows) {
  await session.query("update users set hash = md5(id::text) where id = any ($1)", [rows.map(({ id }) => id)]);
}`,
  },
};

/** How many messages an undisturbed run sends. */
async function messages(t: TestContext, files: Files): Promise<number> {
  const p = await project(t, files);
  const { code, stdout, stderr } = await startChild(t, { dir: p.dir, config: { url: p.url }, verb: "up", kill: { sent: 0 } }).ended;
  assert.equal(code, 0, stderr);
  return Number(/messages (\d+)/.exec(stdout)?.[1]);
}

async function passedRows(p: Project): Promise<number> {
  const { rows } = await (await p.session()).query("select step_state[2]::int as passed from pgsteward.migration where name = '002_b'");
  return (rows[0]?.["passed"] as number | null | undefined) ?? 0;
}

for (const [kind, files] of Object.entries(kinds)) {
  test(kind, { concurrency: 4 }, async (t) => {
    const count = await messages(t, files);
    assert.ok(count > 15, String(count));
    const halfway = new Set<number>();
    await Promise.all(
      Array.from({ length: count }, (_, i) => i + 1).map((number) =>
        t.test(`message ${number} of ${count}`, async (t) => {
          const p = await project(t, files);
          const kill = number % 2 === 0 ? { sent: number } : { answered: number };
          const { signal } = await startChild(t, { dir: p.dir, config: { url: p.url }, verb: "up", kill }).ended;
          assert.equal(signal, "SIGKILL");
          const { migrate } = await p.steward({ lockWait: "60s" });
          if ((await migrate.status()).data.migrations[1]?.state === "applying") halfway.add(await passedRows(p));
          await migrate.up();
          const { rows } = await (await p.session()).query(
            "select count(*)::int as all, count(*) filter (where touched = 1 and hash = md5(id::text))::int as once from users",
          );
          assert.deepEqual(rows, [{ all: 25, once: 25 }]);
          assert.equal((await migrate.status()).ok, true);
        }),
      ),
    );
    assert.deepEqual(
      [...halfway].filter((rows) => rows > 0).sort((a, b) => a - b),
      [10, 20],
      "it was killed behind every chunk",
    );
  });
}
