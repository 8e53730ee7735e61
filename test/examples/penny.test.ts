/** examples/penny by its npm scripts on the embedded default, which is PGlite: it has pgvector, the native server has not. */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, it } from "node:test";
import { example } from "./example.ts";
import { pennyMigrations, pennyScripts } from "./penny-scripts.ts";

const penny = example("penny");

describe("penny on the embedded default", () => {
  it("has the ten migrations of the reference document", async () => {
    const files = (await readdir(join(penny.dir, "migrations"))).filter((name) => name.endsWith(".sql"));
    assert.deepEqual(
      files.sort(),
      pennyMigrations.map((name) => `${name}.sql`),
    );
  });

  pennyScripts(penny, /^target {2}pglite, .*\/state\/pglite\/postgres, development$/m);

  it("leaves nothing in the project", () => {
    assert.equal(existsSync(join(penny.dir, ".pgsteward")), false);
  });
});
