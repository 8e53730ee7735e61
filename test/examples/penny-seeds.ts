/** What the seeding scripts of examples/penny do, on a database that has the migrations. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { it } from "node:test";
import type { Row } from "../../src/core/engine.ts";
import type { Example } from "./example.ts";

/** The reference document's, in their order. */
export const pennySeeders = [
  "001_admin_user",
  "002_default_tenant",
  "003_sample_users",
  "004_built_in_tools",
  "005_pricing_plans",
  "006_feature_flags",
  "007_sample_conversations",
  "008_sample_artifacts",
] as const;
const productionSafe = [0, 1, 3, 4, 5].map((i) => pennySeeders[i]);

const ran = (stderr: string): readonly (string | undefined)[] => [...stderr.matchAll(/^✓ (\d.+)$/gm)].map(([, title]) => title);

export function pennySeeds({ dir, npm, node, npmJson, steward }: Example): void {
  const rows = async (query: string): Promise<readonly Row[]> => {
    await using one = await steward();
    const session = await one.session();
    try {
      return (await session.query(query)).rows;
    } finally {
      await session.close();
    }
  };
  const people = "select u.email, u.password_hash ~ '^\\$2a\\$1[02]\\$' as bcrypt, u.is_system_admin as admin from users u order by 1";

  it("has the eight seeders of the reference document; seed:list names them, and which are production-safe", async () => {
    const files = (await readdir(join(dir, "seeders"))).filter((name) => /^\d/.test(name));
    assert.deepEqual(
      files.sort(),
      pennySeeders.map((name) => `${name}.ts`),
    );
    const { result } = (await npmJson("seed:list")) as unknown as {
      result: { seeders: readonly { name: string; productionSafe: boolean }[] };
    };
    assert.deepEqual(
      result.seeders.map(({ name }) => name),
      pennySeeders,
    );
    assert.deepEqual(
      result.seeders.filter((one) => one.productionSafe).map(({ name }) => name),
      productionSafe,
    );
  });

  it("seed:prod brings what production needs: an administrator whose password is shown once, and nobody else", async () => {
    const { code, stderr } = await npm("seed:prod");
    assert.equal(code, 0, stderr);
    assert.deepEqual(ran(stderr), productionSafe);
    const [, password = ""] = /^password of admin@penny\.local, shown this once: (\S{20})$/m.exec(stderr) ?? [];
    assert.deepEqual(await rows(people), [{ email: "admin@penny.local", bcrypt: true, admin: true }]);
    const [stored] = await rows(`select password_hash = crypt('${password}', password_hash) as fits from users`);
    assert.deepEqual(stored, { fits: true });
  });

  it("seed:dev adds the samples; db:seed again changes nothing", async () => {
    const { code, stdout, stderr } = await npm("seed:dev");
    assert.equal(code, 0, stderr);
    assert.deepEqual(ran(stderr), pennySeeders);
    assert.match(stdout, /^ran 8 seeders \(development\): 26 rows inserted, 0 updated, 18 unchanged in /m);
    assert.doesNotMatch(stderr, /password of/);
    const [, key = ""] = /^API key of ada@penny\.local, shown this once: (pk_dev_\S+)$/m.exec(stderr) ?? [];
    const [stored] = await rows(`select key_hash = encode(digest('${key}', 'sha256'), 'hex') as fits from api_keys`);
    assert.deepEqual(stored, { fits: true });
    const versions =
      "select 'u' || xmin || ctid as v from users union all select 'm' || xmin || ctid from messages union all select 'k' || xmin || ctid from api_keys order by 1";
    const before = await rows(versions);
    const again = await npm("db:seed");
    assert.match(again.stdout, /^ran 8 seeders \(development\): 0 rows inserted, 0 updated, 44 unchanged in /m);
    assert.deepEqual(await rows(versions), before);
  });

  it("db:validate finds nothing, then the figure that is wrong; the validator says it of the tenant alone", async () => {
    const clean = await npm("db:validate");
    assert.equal(clean.code, 0, clean.stdout);
    const [{ tenant_id: tenant } = {}] = await rows(`
      update artifacts set latest_version = 7 where id = (select min(id::text)::uuid from artifacts) returning tenant_id`);
    const wrong = await npm("db:validate");
    assert.equal(wrong.code, 1);
    assert.match(wrong.stdout, /artifacts\.latest_version/);
    const validator = `
      const { validateDatabase, validateTenantData } = await import("@penny/database/utils/validator");
      const reports = [await validateDatabase(), await validateTenantData("${String(tenant)}"), await validateTenantData("${randomUUID()}")];
      console.log(JSON.stringify(reports.map(({ ok }) => ok)));`;
    const told = await node("--input-type=module", "--eval", validator);
    assert.deepEqual(told.stdout.trim(), "[false,false,true]", told.stderr);
    await rows(
      "update artifacts set latest_version = v.n from (select artifact_id, max(version_number) n from artifact_versions group by 1) v where v.artifact_id = id",
    );
  });

  it("db:reset:soft empties the tables and keeps the schema; db:seed:prod fills them again", async () => {
    const { code, stdout, stderr } = await npm("db:reset:soft");
    assert.equal(code, 0, stderr);
    assert.match(stdout, /^emptied 40 tables in /m);
    assert.deepEqual(await rows("select email from users union all select slug from tenants"), []);
    assert.equal((await npm("migrate:status")).code, 0);
    const again = await npm("db:seed:prod");
    assert.match(again.stdout, /^ran 5 seeders \(production\): 18 rows inserted, /m);
  });
}
