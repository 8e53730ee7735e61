/** Seeding examples/penny by its npm scripts: on the embedded default, and on a server where one offers pgvector. */
import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { example } from "./example.ts";
import { pennySeeds } from "./penny-seeds.ts";
import { serverPlace } from "./server-place.ts";

const place = await serverPlace({ extensions: ["vector", "btree_gin", "pgcrypto"] });
const url = typeof place === "string" ? undefined : place.url;
const penny = example("penny", url);
after(() => (typeof place === "string" ? undefined : place.close()));

describe(`seeding penny on ${url === undefined ? "the embedded default" : "a server"}`, () => {
  it("begins with the migrations", async () => {
    const { code, stderr } = await penny.npm("db:migrate");
    assert.equal(code, 0, stderr);
  });

  pennySeeds(penny);
});
