/** `--fix`, kind by kind: the text that it writes, and that it ends in the same database as the statement that it replaces. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import test, { type TestContext } from "node:test";
import { entriesOf, type Files, project, type Project } from "../support/migrate-project.ts";
import { systemUrl } from "../support/migrate-server.ts";
import { base, rows } from "./corpus/corpus.ts";
import { cases, type FixCase, more } from "./fix-cases.ts";

const fileOf = ({ name, sql }: FixCase, i: number): [string, string] => [`${100 + i}_${name}.sql`, `${sql};\n`];

/** On a database with rows, where only the base has been applied. */
async function pending(t: TestContext, chosen: readonly FixCase[], server?: string): Promise<Project> {
  const files: Files = { "001_base.sql": base + more, ...Object.fromEntries(chosen.map(fileOf)) };
  const made = await project(t, files, server === undefined ? {} : { server });
  await (await made.steward()).migrate.up({ to: "001" });
  await (await made.session()).script(rows);
  return made;
}

async function contents({ migrations }: Project): Promise<Record<string, string>> {
  const names = await entriesOf(migrations);
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await readFile(join(migrations, name), "utf8")])));
}

/** What both ways have to leave: every row of the table that most statements are about, chance apart. */
const left = "select to_jsonb(t) - 'token' - 'c5' as row from t order by id";

test("each kind is written as it should be, and applied it leaves the database that the naive statements leave", async (t) => {
  const [fixed, naive] = [await pending(t, cases), await pending(t, cases)];
  const steward = await fixed.steward();
  const { data } = await steward.migrate.lint({ fix: true });
  const texts = await contents(fixed);
  for (const [i, one] of cases.entries()) {
    const [file, text] = fileOf(one, i);
    assert.equal(texts[file]?.trimEnd(), one.fixed ?? text.trimEnd(), one.name);
  }
  const byHand = cases.filter((one) => one.fixed === undefined).map(({ name }) => name);
  const outcomes = data.fixes?.filter(({ outcome }) => outcome !== "written").map(({ file, problems }) => [file.slice(4), problems]);
  assert.deepEqual(
    outcomes,
    byHand.map((name) => [name, []]),
  );

  await t.test("a second time changes nothing", async () => {
    await steward.migrate.lint({ fix: true });
    assert.deepEqual(await contents(fixed), texts);
  });

  await t.test("with rows, and with CONCURRENTLY in earnest", async () => {
    await steward.migrate.up();
    await (await naive.steward()).migrate.up();
    assert.equal(await fixed.fingerprint(), await naive.fingerprint());
    const [ours, theirs] = [await fixed.session(), await naive.session()];
    assert.deepEqual((await ours.query(left)).rows, (await theirs.query(left)).rows);
  });

  await t.test("numbers go on where the rows end", async () => {
    const insert =
      "insert into t (id, checked, i, nn, f, u, txt) values (900, 1, 900, 900, 1, gen_random_uuid(), 'new') returning number, running";
    assert.deepEqual((await (await fixed.session()).query(insert)).rows, (await (await naive.session()).query(insert)).rows);
  });
});

test("on the system's server: what its version needs", async (t) => {
  const server = await systemUrl();
  if (server === undefined) return t.skip("no server of the system");
  const names = ["set_not_null", "primary_key", "partitioned_index", "volatile_default", "identity", "attach_range", "new_partition"];
  const chosen = cases.filter(({ name }) => names.includes(name));
  const [fixed, naive] = [await pending(t, chosen, server), await pending(t, chosen, server)];
  const steward = await fixed.steward();
  const { ok, data } = await steward.migrate.lint({ fix: true });
  assert.deepEqual([ok, data.fixes?.map(({ outcome }) => outcome)], [true, names.map(() => "written")]);
  await steward.migrate.up();
  await (await naive.steward()).migrate.up();
  assert.equal(await fixed.fingerprint(), await naive.fingerprint());
});
