/** How a catalog is read: without a trace, without rights, in few round trips, the same under whatever settings. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { grantsOf } from "../../src/core/catalog-acl.ts";
import { canonicalFunction, canonicalView } from "../../src/core/catalog-canonical.ts";
import { type Catalog, catalogOf, readCatalog } from "../../src/core/catalog.ts";
import type { Session } from "../../src/core/engine.ts";
import { corpus } from "./catalog-corpus.ts";
import { type Database, pglite, roles, servers } from "./catalog-databases.ts";

const [server, ...others] = await servers();
await Promise.all(others.map((other) => other.close()));
const databases: Database[] = [await pglite(), ...(server ? [server] : [])];
after(() => Promise.all(databases.map((database) => database.close())));

for (const database of databases) {
  describe(`reading on ${database.name}`, () => {
    const { session } = database;
    let expected: Catalog;
    before(async () => {
      for (const statement of corpus(roles, database.version)) await session.script(statement);
      expected = await readCatalog(session);
    });

    it("takes at most three round trips", async () => {
      let trips = 0;
      const counted = (method: "query" | "script") => (text: string) => {
        trips++;
        return session[method](text);
      };
      const counting = { query: counted("query"), script: counted("script") } as unknown as Session;
      assert.equal((await readCatalog(counting)).fingerprint, expected.fingerprint);
      assert.ok(trips <= 3, `${trips} round trips`);
    });

    it("gives the same under other settings, and leaves them as they were", async () => {
      const settings = `search_path = app, "Odd Name", public; datestyle = 'German'; timezone = 'Asia/Tokyo'; intervalstyle = 'iso_8601';
        quote_all_identifiers = on; standard_conforming_strings = off; bytea_output = 'escape'; extra_float_digits = -3`;
      const names = settings.split(";").map((each) => each.split("=")[0]?.trim());
      const show = async (): Promise<unknown> => {
        const { rows } = await session.query(`select ${names.map((name) => `current_setting('${name}') as ${name}`).join(", ")}`);
        return rows;
      };
      await session.transaction(async () => {
        await session.script(
          settings
            .split(";")
            .map((each) => `set local ${each}`)
            .join(";"),
        );
        const before = await show();
        assert.equal((await readCatalog(session)).fingerprint, expected.fingerprint);
        assert.deepEqual(await show(), before);
      });
    });

    it("leaves the settings of the session alone outside of a transaction", async () => {
      await session.script("set search_path = app, public");
      assert.equal((await readCatalog(session)).fingerprint, expected.fingerprint);
      const { rows } = await session.query("select current_setting('search_path') as path");
      assert.equal(rows[0]?.["path"], "app, public");
      await session.script("reset search_path");
    });

    it("sees what its own transaction changed, and takes only AccessShare locks", async () => {
      await session.transaction(async () => {
        await session.script("set transaction read only");
        await session.transaction(async () => {
          assert.equal((await readCatalog(session)).fingerprint, expected.fingerprint);
        });
        const { rows } = await session.query("select distinct mode from pg_locks where pid = pg_backend_pid() and locktype = 'relation'");
        assert.deepEqual(rows, [{ mode: "AccessShareLock" }]);
      });
      const rolledBack = session.transaction(async () => {
        await session.script("create table app.later (id integer)");
        assert.notEqual((await readCatalog(session)).fingerprint, expected.fingerprint);
        throw new Error("rolled back");
      });
      await assert.rejects(rolledBack, /rolled back/);
      assert.equal((await readCatalog(session)).fingerprint, expected.fingerprint);
    });

    it("needs no rights", async () => {
      await session.transaction(async () => {
        await session.script("create role catalog_nobody nologin; set local role catalog_nobody");
        assert.equal((await readCatalog(session)).fingerprint, expected.fingerprint);
        await session.script("reset role; drop role catalog_nobody");
      });
    });

    it("leaves out the schemas that it is told to", async () => {
      const catalog = await readCatalog(session, { ignoreSchemas: ["app", "it's \\ odd"] });
      assert.deepEqual(
        catalog.objects.filter(({ name, parent }) => name.startsWith("app.") || parent === "app"),
        [],
      );
      assert.ok(catalog.objects.some(({ name }) => name === "audit.note()"));
    });

    it("names owners when asked", async () => {
      const catalog = await readCatalog(session, { owners: true });
      const table = (objects: Catalog): string =>
        objects.objects.find(({ kind, name }) => kind === "table" && name === "app.users")?.definition ?? "";
      assert.match(table(catalog), /^owner postgres$/m);
      assert.doesNotMatch(table(expected), /^owner/m);
    });

    it("gives the order of columns beside the definition", () => {
      const table = expected.objects.find(({ kind, name }) => kind === "table" && name === "app.pairs");
      assert.deepEqual(table?.columns, ["a", "b", "c"]);
      assert.equal(expected.objects.find(({ name }) => name === "app.joined")?.columns, undefined);
    });

    it("never shows a secret", () => {
      assert.doesNotMatch(JSON.stringify(expected), /hidden/);
    });

    it("is in order, and its fingerprint is that of its objects", () => {
      const shuffled = catalogOf(
        0,
        expected.objects.toSorted((a, b) => (a.definition < b.definition ? -1 : 1)),
      );
      assert.equal(shuffled.fingerprint, expected.fingerprint);
      assert.equal(
        new Set(expected.objects.map(({ kind, name }) => `${kind} ${name}`)).size,
        expected.objects.length,
        "no two share kind and name",
      );
      const names = new Set(expected.objects.map(({ name }) => name));
      assert.deepEqual(
        expected.objects.filter(({ parent }) => parent !== undefined && !names.has(parent)),
        [],
      );
    });
  });
}

describe("reading while others change the schema", { skip: server === undefined && "there is no server" }, () => {
  it("does not fail", async () => {
    const { connect, session } = server as Database;
    const other = await connect();
    const stop = new AbortController();
    const changing = (async () => {
      while (!stop.signal.aborted) {
        await other.script(`create table app.brief (id serial primary key, a text); create view app.briefly as select id from app.brief;
          create index on app.brief (lower(a)); create policy brief on app.brief using (id > 3);`);
        await other.script("drop table app.brief cascade");
      }
    })();
    for (let i = 0; i < 20; i++) await readCatalog(session);
    stop.abort();
    await changing;
    await other.close();
  });

  it("shows a subscription without its connection string", async () => {
    const { session } = server as Database;
    await session.script(
      `create subscription catalog_${process.pid} connection 'host=nowhere password=hidden' publication b, a with (connect = false, enabled = false)`,
    );
    const { objects } = await readCatalog(session);
    await session.script(`alter subscription catalog_${process.pid} set (slot_name = none); drop subscription catalog_${process.pid}`);
    const subscription = objects.find(({ kind }) => kind === "subscription");
    assert.equal(subscription?.definition, "publications a, b\ndisabled");
  });
});

describe("canonical text", () => {
  const views: Readonly<Record<string, readonly [qualified: string, canonical: string]>> = {
    "a view on one table": [
      " SELECT t.a, (t.b)::text AS b\n   FROM x.t\n  WHERE (t.a > 1);",
      " SELECT a, (b)::text AS b\n   FROM x.t\n  WHERE (a > 1);",
    ],
    "an alias": [' SELECT "T".a\n   FROM x.t "T";', ' SELECT a\n   FROM x.t "T";'],
    "a whole row": [" SELECT t.*::x.t AS t\n   FROM x.t;", " SELECT t.*::x.t AS t\n   FROM x.t;"],
    "a subquery that refers to the outer row": [
      " SELECT t.a,\n ( SELECT t.b FROM x.u WHERE (u.a = t.a)) AS b\n FROM x.t;",
      " SELECT a,\n ( SELECT t.b FROM x.u WHERE (u.a = t.a)) AS b\n FROM x.t;",
    ],
    "an expression that holds a subquery": [
      " SELECT (( SELECT 1 AS one) + t.a) AS s\n FROM x.t;",
      " SELECT (( SELECT 1 AS one) + a) AS s\n FROM x.t;",
    ],
    "a schema of the table's name": [
      " SELECT t.f(t.a) AS f, 'x'::t.ty AS y, (t.a COLLATE t.co) AS c\n FROM t.t;",
      " SELECT t.f(a) AS f, 'x'::t.ty AS y, (a COLLATE t.co) AS c\n FROM t.t;",
    ],
    constants: [" SELECT 't.a (' AS s, t.\"a'b\"\n FROM x.t;", " SELECT 't.a (' AS s, \"a'b\"\n FROM x.t;"],
    "EXTRACT, which has a FROM of its own": [
      " SELECT EXTRACT(year FROM t.a) AS y\n FROM x.t;",
      " SELECT EXTRACT(year FROM a) AS y\n FROM x.t;",
    ],
    "a sample": [" SELECT s.a\n FROM x.t s TABLESAMPLE system (10);", " SELECT a\n FROM x.t s TABLESAMPLE system (10);"],
  };
  for (const [what, [qualified, canonical]] of Object.entries(views)) {
    it(`has no qualifiers: ${what}`, () => {
      assert.equal(canonicalView(qualified), canonical);
      assert.equal(canonicalView(canonical), canonical);
    });
  }
  const others: Readonly<Record<string, string>> = {
    "a join": " SELECT t.a,\n u.b\n FROM (x.t\n JOIN x.u USING (id));",
    "two relations": " SELECT t.a,\n u.b\n FROM x.t,\n x.u;",
    "a union": " SELECT t.a\n FROM x.t\nUNION\n SELECT u.a\n FROM x.u;",
    "no relation": " SELECT 1 AS a;",
    values: " VALUES (1,'a'::text);",
  };
  for (const [what, text] of Object.entries(others)) {
    it(`has them: ${what}`, () => assert.equal(canonicalView(text), text));
  }

  it("changes nothing in the body of a function but its line ends", () => {
    const head = 'CREATE OR REPLACE FUNCTION x.f("json" integer)\n RETURNS text\n LANGUAGE plpgsql\n';
    const body = "AS $function$\r\nselect \"json\", 'a'\rAS x\n$function$\n";
    assert.equal(canonicalFunction(head + body), head.replace('"json"', "json") + body.replace("\r\n", "\n"));
  });
});

describe("grants in words", () => {
  const table = (items: string[], version = 180_000): unknown => grantsOf({ items, owner: "boss", acltype: "r", version });
  it("are the same before and after MAINTAIN", () => {
    const all = [{ grantee: "owner", privileges: "all" }];
    assert.deepEqual(table(["boss=arwdDxt/boss"], 160_000), all);
    assert.deepEqual(table(["boss=arwdDxtm/boss"]), all);
    assert.deepEqual(table(["boss=rwdDxt/boss"], 160_000), table(["boss=rwdDxtm/boss"]));
    assert.deepEqual(table(["a=a*r*w*d*D*x*t*/boss"], 140_000), table(["a=a*r*w*d*D*x*t*m*/boss"]));
    assert.notDeepEqual(table(["a=arwdDxt/boss"]), table(["a=arwdDxtm/boss"]));
  });
  it("join what several grantors gave, and tell roles from words", () => {
    assert.deepEqual(table(["a=r/boss", "a=r*w/b", "=r/boss", '"A ""b"=r/boss', "owner=r/boss", "nobody=/boss"]), [
      { grantee: "a", privileges: "select with grant option, update" },
      { grantee: "public", privileges: "select" },
      { grantee: '"A ""b"', privileges: "select" },
      { grantee: '"owner"', privileges: "select" },
    ]);
  });
});
