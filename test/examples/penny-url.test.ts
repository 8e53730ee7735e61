/**
 * examples/penny on a URL: the server of TEST_DATABASE_URL, or of 127.0.0.1:5432, where it offers pgvector to a superuser;
 * else a PGlite that listens.
 */
import { after, describe, it } from "node:test";
import { example } from "./example.ts";
import { pennyMigrations, pennyScripts } from "./penny-scripts.ts";
import { pennyTenants } from "./penny-tenants.ts";
import { pgliteFront } from "./pglite-front.ts";
import { serverPlace } from "./server-place.ts";
import { thereAndBack } from "./there-and-back.ts";

const extensions = ["vector", "btree_gin", "pgcrypto"];
const server = await serverPlace({ extensions });
const place = typeof server === "string" ? await pgliteFront(extensions) : server;
const penny = example("penny", place.url);
const steward = await penny.steward();
after(async () => {
  await steward.close();
  await place.close();
});

describe(`penny on ${place.url.replace(/^.*@/, "")}`, () => {
  pennyScripts(penny, /^target {2}postgres, \S+, (?:development|testing)$/m);

  it("db:migrate:rollback 001 undoes everything", async () => {
    const { code, stderr } = await penny.npm("db:migrate:rollback", "001");
    if (code !== 0) throw new Error(stderr);
  });

  // A PGlite that listens is the PGlite of penny-tenants.test.ts.
  describe("as on PGlite", { skip: typeof server === "string" && server }, () => {
    it("every down restores the catalog, and a second up makes the same one", async () =>
      void (await thereAndBack(steward, pennyMigrations)));

    describe("tenants", () => pennyTenants(() => steward.session()));
  });
});
