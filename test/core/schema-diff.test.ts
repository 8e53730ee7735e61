/** Differences between catalogs: complete, folded into the object that a person would name, told in a line. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import * as fc from "fast-check";
import { type Catalog, type CatalogObject, catalogOf, readCatalog } from "../../src/core/catalog.ts";
import { describeDifference, type Difference, diffCatalogs, differencesAsFindings } from "../../src/core/schema-diff.ts";
import { corpus } from "./catalog-corpus.ts";
import { pglite, roles } from "./catalog-databases.ts";

const { session, version, close } = await pglite();
after(close);
let full: Catalog;
before(async () => {
  for (const statement of corpus(roles, version)) await session.script(statement);
  full = await readCatalog(session);
});

async function differencesAfter(statements: string): Promise<Difference[]> {
  await session.script("begin");
  try {
    await session.script(statements);
    return diffCatalogs(full, await readCatalog(session));
  } finally {
    await session.script("rollback");
  }
}

describe("describeDifference", () => {
  const lines: Readonly<Record<string, readonly string[]>> = {
    "alter table app.cache drop column value": ["table app.cache: column value is missing"],
    "alter table app.ordered add nick text; alter table app.ordered alter b type varchar(9)": [
      "table app.ordered: column b differs\n  - type text\n  + type character varying(9)",
      "table app.ordered: column nick is unexpected",
    ],
    "drop table app.refers": ["table app.refers is missing, with 5 objects that belong to it"],
    "create schema more; create table more.t (id serial primary key); create index on more.t (id)": [
      "schema more is unexpected, with 8 objects that belong to it",
    ],
    "drop index app.users_json_idx": ["table app.users: index app.users_json_idx is missing"],
    "comment on column app.users.email is null": ["column app.users.email: comment is missing"],
    "comment on column app.nicks.name is null": ["view app.nicks: comment on column app.nicks.name is missing"],
    "comment on table app.cache is 'one'": ["table app.cache: comment is unexpected"],
    "grant insert on app.cache to public": ["table app.cache: grant to public is unexpected"],
    "revoke connect on database postgres from public": ["grant on database to public differs\n  - connect, temporary\n  + temporary"],
    "alter type app.mood add value 'calm' after 'sad'": ["type app.mood differs\n  + 'calm'"],
    "alter table app.notes disable row level security, set (fillfactor = 50)": [
      "table app.notes differs\n  - row level security enabled\n  + with (fillfactor=50)",
    ],
    "alter domain app.email drop constraint email_at": [
      "domain app.email: constraint email_at is missing, with 1 object that belongs to it",
    ],
    "alter table app.users alter id set increment by 7": [
      "column app.users.id: sequence app.users_id_seq differs\n  - increment 1\n  + increment 7",
    ],
    "alter policy users_read on app.users using (true)": [
      "table app.users: policy users_read differs\n  - using (((id)::text = current_setting('app.user'::text, true)))\n  + using (true)",
    ],
    [`create or replace function audit.note() returns trigger language plpgsql as $$ begin\nif true then\nreturn null;\nend if;\nend $$`]: [
      "function audit.note() differs\n  - AS $function$ begin return new; end $function$\n  + AS $function$ begin\n  + if true then\n  + return null;\n  + end if;\n  + end $function$",
    ],
    "drop publication everything": ["publication everything is missing"],
    "alter default privileges in schema app grant insert on tables to public": [
      "default privilege tables in schema app of owner differs\n  + public: insert",
    ],
  };
  for (const [statements, expected] of Object.entries(lines)) {
    it(statements.replaceAll("\n", " "), async () => {
      assert.deepEqual((await differencesAfter(statements)).map(describeDifference), expected);
    });
  }

  it("tells long bodies apart in little time", () => {
    const body = (salt: number): string => Array.from({ length: 3000 }, (_, i) => `line ${i * salt}`).join("\n");
    const of = (definition: string): Catalog => catalogOf(1, [{ kind: "function", name: "x.f()", definition }]);
    const [difference] = diffCatalogs(of(body(1)), of(body(2)));
    assert.ok(describeDifference(difference as Difference).split("\n").length > 3000);
  });
});

describe("order", () => {
  it("puts what belongs to an object after it", async () => {
    const differences = await differencesAfter(`
      drop publication everything; create schema aaa; alter type app.mood rename value 'sad' to 'low';
      comment on column app.users.nick is 'n'; alter table app.users disable row level security, drop column bio; drop function app.returned(integer);
      alter table app.cache set (fillfactor = 50); create table app.zzz (a integer); drop view app.constants`);
    assert.deepEqual(
      differences.map(({ change, kind, name }) => `${change} ${kind} ${name}`),
      [
        "unexpected schema aaa",
        "changed type app.mood",
        "changed table app.cache",
        "changed table app.users",
        "missing column app.users.bio",
        "missing statistics app.users_stats",
        "unexpected comment column app.users.nick",
        "unexpected table app.zzz",
        "missing view app.constants",
        "changed view app.sampled",
        "missing function app.returned(integer)",
        "missing publication everything",
      ],
    );
  });
});

describe("differencesAsFindings", () => {
  it("makes one error of each, with the sentence and the facts", async () => {
    const differences = await differencesAfter("alter table app.users alter share set default 7");
    const [one, ...rest] = differencesAsFindings(differences, "MIGRATE_DRIFT");
    assert.deepEqual(rest, []);
    assert.deepEqual(one, {
      severity: "error",
      code: "MIGRATE_DRIFT",
      object: "table app.users: column share",
      message: "differs\n  - default 1.5\n  + default 7",
      facts: { ...differences[0], lines: ["- default 1.5", "+ default 7"] },
    });
  });
});

describe("diffCatalogs over random subsets", () => {
  const subset = fc.infiniteStream(fc.boolean()).map((keep) => {
    const kept = full.objects.filter(() => keep.next().value);
    return catalogOf(version, kept);
  });
  /** Some objects are left out, some have another definition. */
  const variant = fc.tuple(subset, fc.infiniteStream(fc.nat({ max: 20 }))).map(([{ objects }, change]) => {
    const changed = objects.map(
      (object): CatalogObject => (change.next().value === 0 ? { ...object, definition: `${object.definition}\nmore` } : object),
    );
    return catalogOf(version, changed);
  });

  it("finds nothing between equal catalogs", () => {
    fc.assert(
      fc.property(variant, (a) => assert.deepEqual(diffCatalogs(a, catalogOf(0, a.objects)), [])),
      { numRuns: 50 },
    );
  });

  it("is empty exactly when the fingerprints are equal", () => {
    const property = fc.property(variant, variant, (a, b) =>
      assert.equal(diffCatalogs(a, b).length === 0, a.fingerprint === b.fingerprint),
    );
    fc.assert(property, { numRuns: 50 });
  });

  it("counts every object once, listed or folded", () => {
    const property = fc.property(variant, variant, (a, b) => {
      const differences = diffCatalogs(a, b);
      const counted = (change: Difference["change"]): number =>
        differences.filter((one) => one.change === change).reduce((sum, { children }) => sum + 1 + children, 0);
      assert.equal(counted("missing"), without(a, b));
      assert.equal(counted("unexpected"), without(b, a));
      assert.equal(counted("changed"), changedBetween(a, b));
    });
    fc.assert(property, { numRuns: 50 });
  });

  it("is the mirror image from the other side", () => {
    const mirror = { missing: "unexpected", unexpected: "missing", changed: "changed" } as const;
    const told = ({ change, kind, name, children }: Difference): string => `${change} ${kind} ${name} ${children}`;
    const property = fc.property(variant, variant, (a, b) => {
      const there = diffCatalogs(a, b).map((one) => told({ ...one, change: mirror[one.change] }));
      assert.deepEqual(there.sort(), diffCatalogs(b, a).map(told).sort());
    });
    fc.assert(property, { numRuns: 50 });
  });

  it("describes every difference in a first line that names it", () => {
    const property = fc.property(variant, variant, (a, b) => {
      for (const difference of diffCatalogs(a, b)) {
        const [headline = ""] = describeDifference(difference).split("\n");
        assert.match(headline, / (is missing|is unexpected|differs)(, with \d+ objects? that belongs? to it)?$/);
        assert.doesNotMatch(headline, /undefined/);
      }
    });
    fc.assert(property, { numRuns: 20 });
  });
});

function keys({ objects }: Catalog): Map<string, CatalogObject> {
  return new Map(objects.map((object) => [`${object.kind} ${object.name}`, object]));
}

function without(a: Catalog, b: Catalog): number {
  const there = keys(b);
  return [...keys(a).keys()].filter((key) => !there.has(key)).length;
}

function changedBetween(a: Catalog, b: Catalog): number {
  const there = keys(b);
  return [...keys(a)].filter(([key, object]) => there.has(key) && there.get(key)?.definition !== object.definition).length;
}
