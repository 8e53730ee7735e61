/** A folder that mixes everything, run undisturbed and with a fault in it: both must end the same. */
import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { startChild } from "./migrate-child.ts";
import { type Files, project, type Project } from "./migrate-project.ts";

/** Transactional and not, SQL and script; every down restores what was before. */
export const mixed: Files = {
  "001_tables.sql":
    "create table a (id int primary key, name text);\ninsert into a select i, 'n' || i from generate_series(1, 20) i;\n-- Down migration\ndrop table a;",
  "002_indexes.sql": `alter table a add column extra int;
create index concurrently a_extra on a (extra);
create unique index concurrently if not exists a_name on a (name);
insert into a values (100, 'hundred');
vacuum a;
alter table a add constraint extra_positive check (extra > 0);
-- Down migration
alter table a drop constraint extra_positive;
delete from a where id = 100;
drop index concurrently a_name;
drop index concurrently a_extra;
alter table a drop column extra;`,
  "003_mood.sql": `create type mood as enum ('ok');
-- Down migration
drop type mood;`,
  "004_mood.sql": `alter type mood add value 'great';
create table moods (mood mood default 'great');
-- Down migration
drop table moods;`,
  "005_script.ts": `export async function up(session) { await session.query("insert into a values (200, 'script')"); }
export async function down(session) { await session.query("delete from a where id = 200"); }`,
  "006_parted.sql": `create table parted (id int) partition by list (id); create table parted_1 partition of parted for values in (1);
alter table parted detach partition parted_1 concurrently;
reindex table concurrently a;
-- Down migration
drop table parted_1; drop table parted;`,
};

/** What a finished run leaves: the catalog, the rows, the history, no INVALID index, no step in doubt. */
export async function outcome(p: Project): Promise<Readonly<Record<string, unknown>>> {
  const session = await p.session();
  const { rows: states } = await session.query("select name, state, step_open from pgsteward.migration order by name");
  const { rows: invalid } = await session.query("select indexrelid::regclass::text as name from pg_index where not indisvalid");
  const there = (await session.query("select to_regclass('a') is not null as there")).rows[0]?.["there"];
  const { rows: data } = there ? await session.query("select id, name from a order by id") : { rows: [] };
  return { fingerprint: await p.fingerprint(), states, invalid, data };
}

let undisturbed: Promise<Readonly<Record<string, unknown>>> | undefined;

/** What an undisturbed run of `files` leaves. */
export function undisturbedOutcome(t: TestContext, files: Files): Promise<Readonly<Record<string, unknown>>> {
  undisturbed ??= (async () => {
    const p = await project(t, files);
    await (await p.steward()).migrate.up();
    return outcome(p);
  })();
  return undisturbed;
}

/** `up` after a fault ends where an undisturbed run ends. */
export async function assertRecovers(t: TestContext, p: Project, files: Files): Promise<void> {
  const { migrate } = await p.steward({ lockWait: "60s" });
  await migrate.up();
  assert.deepEqual(await outcome(p), await undisturbedOutcome(t, files));
  assert.equal((await migrate.status()).ok, true);
}

/** Few messages, of every kind. */
const files: Files = Object.fromEntries(Object.entries(mixed).filter(([name]) => /^00[134]/.test(name)));
const small: Files = {
  ...files,
  "002_index.sql": "create index concurrently a_name on a (name);\ndrop index concurrently a_name;\nalter table a add column b int;",
};

/** How many messages an undisturbed run sends. */
async function messages(t: TestContext): Promise<number> {
  const p = await project(t, small);
  const { code, stdout } = await startChild(t, { dir: p.dir, config: { url: p.url }, verb: "up", kill: { sent: 0 } }).ended;
  assert.equal(code, 0);
  return Number(/messages (\d+)/.exec(stdout)?.[1]);
}

/** SIGKILL in a child at every message to the server, when it is sent or when it is answered; each time `up` must recover. */
export async function killAtEveryMessage(t: TestContext, moment: "sent" | "answered"): Promise<void> {
  await undisturbedOutcome(t, small);
  const count = await messages(t);
  assert.ok(count > 20, String(count));
  const numbers = Array.from({ length: count }, (_, i) => i + 1);
  await Promise.all(
    numbers.map((number) =>
      t.test(`message ${number} of ${count}`, async (t) => {
        const p = await project(t, small);
        const kill = moment === "sent" ? { sent: number } : { answered: number };
        const { signal } = await startChild(t, { dir: p.dir, config: { url: p.url }, verb: "up", kill }).ended;
        assert.equal(signal, "SIGKILL");
        await assertRecovers(t, p, small);
      }),
    ),
  );
}
