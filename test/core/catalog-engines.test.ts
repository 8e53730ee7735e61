/** The same DDL gives the same catalog on every PostgreSQL, and nothing of the schema is invisible. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { canonicalText } from "../../src/core/catalog-canonical.ts";
import { type Catalog, catalogKinds, readCatalog } from "../../src/core/catalog.ts";
import type { Session } from "../../src/core/engine.ts";
import { describeDifference, diffCatalogs } from "../../src/core/schema-diff.ts";
import { corpus, since } from "./catalog-corpus.ts";
import { type Database, native, pglite, roles, servers } from "./catalog-databases.ts";
import { queries, systemCatalogs, type Visible } from "./catalog-visibility.ts";

const nativeServer = await native();
const databases: Database[] = [await pglite(), ...(await servers()), ...(nativeServer ? [nativeServer] : [])];
after(() => Promise.all(databases.map((database) => database.close())));

/** By database, the catalogs after the statements that 14 knows, then also those of 15, 16, 17 and 18. */
const steps = [140_000, ...Object.keys(since).map(Number)];
const catalogs = new Map<Database, Map<number, Catalog>>();

before(async () => {
  for (const database of databases) catalogs.set(database, await stepByStep(database));
});

async function stepByStep({ session, version }: Database): Promise<Map<number, Catalog>> {
  const read = new Map<number, Catalog>();
  let done = 0;
  for (const step of steps.filter((step) => step <= version)) {
    const statements = corpus(roles, step);
    for (const statement of statements.slice(done)) await session.script(statement);
    done = statements.length;
    read.set(step, await readCatalog(session));
  }
  return read;
}

describe("the same statements give the same catalog", () => {
  const [reference] = databases;
  it("has statements of every kind", () => {
    assert.ok(corpus(roles, 180_000).length >= 150);
    const shown = new Set([...(catalogs.get(reference as Database)?.values() ?? [])].at(-1)?.objects.map(({ kind }) => kind));
    // A subscription needs a server that decodes, and outlives its database: catalog.test.ts.
    assert.deepEqual(
      [...catalogKinds].filter((kind) => !shown.has(kind)),
      ["subscription"],
    );
  });
  for (const database of databases.slice(1)) {
    for (const step of steps.filter((step) => step <= database.version)) {
      it(`${database.name} and PGlite, statements up to ${step}`, () => {
        const expected = catalogs.get(reference as Database)?.get(step) as Catalog;
        const actual = catalogs.get(database)?.get(step) as Catalog;
        assert.deepEqual(diffCatalogs(expected, actual).map(describeDifference), []);
        assert.equal(actual.fingerprint, expected.fingerprint);
        assert.deepEqual(actual.objects, expected.objects);
      });
    }
  }
});

describe("words that only some versions quote", () => {
  it("are unquoted everywhere", async () => {
    const quoted = await Promise.all(databases.map(({ session }) => quotedWords(session)));
    const everywhere = (quoted[0] ?? []).filter((word) => quoted.every((words) => words.includes(word)));
    const differing = new Set(quoted.flat().filter((word) => !everywhere.includes(word)));
    for (const word of differing) assert.equal(canonicalText(`"${word}"`), word);
    for (const word of everywhere) assert.equal(canonicalText(`"${word}"`), `"${word}"`);
  });
});

async function quotedWords(session: Session): Promise<string[]> {
  const { rows } = await session.query<{ word: string }>("select word from pg_catalog.pg_get_keywords() where catcode <> 'U'");
  return rows.map(({ word }) => word);
}

for (const database of databases) {
  describe(`nothing is invisible on ${database.name}`, () => {
    it("knows every system catalog", async () => {
      const { rows } = await database.session.query<{ name: string }>(
        "select relname as name from pg_catalog.pg_class where relnamespace = 'pg_catalog'::regnamespace and relkind = 'r'",
      );
      assert.deepEqual(
        rows.map(({ name }) => name).filter((name) => !(name in systemCatalogs)),
        [],
      );
    });
    for (const [what, { letters, query }] of Object.entries(queries)) {
      it(`shows every ${what}`, async () => {
        const catalog = [...(catalogs.get(database)?.values() ?? [])].at(-1) as Catalog;
        const shown = new Set(catalog.objects.map(({ kind, name }) => `${kind} ${name}`));
        const { rows } = await database.session.query<Visible>(query);
        assert.deepEqual(
          rows.filter(({ kind, name }) => !shown.has(`${kind} ${canonicalText(name)}`)),
          [],
        );
        const present = new Set(rows.map(({ letter }) => letter));
        // 'n' in pg_constraint is the NOT NULL of 18, a fact of its column; 'm' in pg_type a multirange, part of its range.
        assert.deepEqual(
          letters.split("").filter((letter) => !present.has(letter)),
          [],
          "the corpus has every letter",
        );
      });
    }
  });
}
