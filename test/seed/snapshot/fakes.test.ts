/** Laws of what stands in for personal values. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { type FakeOptions, fakeOf, type SnapshotKind, kinds, kindsOf } from "../../../src/seed/snapshot/kinds.ts";
import { replacerOf } from "../../../src/seed/snapshot/replace.ts";
import type { RuledColumn } from "../../../src/seed/snapshot/rules.ts";
import type { SnapshotColumn, SnapshotTable } from "../../../src/seed/snapshot/shape.ts";

const options: FakeOptions = { salt: "one salt", wide: false, limit: null, base: "text" };
const wide: FakeOptions = { ...options, wide: true };
const texts = fc.oneof(fc.string({ unit: "grapheme", minLength: 1 }), fc.emailAddress(), fc.stringMatching(/^\+\d{2} \d{3,8}$/));
const textKinds = kindsOf.text;
const apart: readonly SnapshotKind[] = textKinds.filter((kind) => kind !== "ip" && kind !== "date");

describe("a fake", () => {
  for (const kind of textKinds) {
    test(`of ${kind} is a function of value and salt, and not the value`, () => {
      fc.assert(
        fc.property(texts, fc.boolean(), (value, unique) => {
          const given = { ...options, wide: unique };
          assert.equal(fakeOf(kind, value, given), fakeOf(kind, value, { ...given }));
        }),
        { numRuns: 50 },
      );
      const values = ["Margarethe Quandt", "m.quandt@firma-quandt.de", "+49 171 5550123", "DE89370400440532013000"];
      for (const value of values) {
        assert.notEqual(fakeOf(kind, value, options), value);
        assert.notEqual(fakeOf(kind, value, wide), fakeOf(kind, value, { ...wide, salt: "another salt" }));
      }
    });
  }

  for (const kind of apart) {
    test(`of ${kind} differs where the values differ, and fits where there is room for as many`, () => {
      const values = Array.from({ length: 3000 }, (_, i) => `${i.toString(36)}-${i * 7919}@example.test`);
      for (const limit of [null, 40, 12]) {
        const fakes = values.map((value) => fakeOf(kind, limit === 12 ? value.slice(0, 12) : value, { ...wide, limit }));
        const distinct = new Set(limit === 12 ? values.map((value) => value.slice(0, 12)) : values).size;
        assert.equal(new Set(fakes).size, distinct, `${limit}`);
        if (limit !== null && kind !== "code" && kind !== "phone") for (const fake of fakes) assert.ok(fake.length <= limit, fake);
      }
    });
  }

  test("of a code or phone keeps the form, and all codes of a form are made of all codes of that form", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9 +().-]{1,30}$/), (value) => {
        const form = (text: string): string => text.replace(/\d/g, "0").replace(/[a-z]/g, "a").replace(/[A-Z]/g, "A");
        assert.equal(form(fakeOf("code", value, options)), form(value));
        assert.equal(form(fakeOf("phone", value, options)), form(value));
      }),
    );
    assert.doesNotMatch(fakeOf("code", "Паспорт 12", options), /[а-я]/i);
    const all = Array.from({ length: 1000 }, (_, i) => String(i).padStart(3, "0"));
    assert.deepEqual(all.map((value) => fakeOf("code", value, options)).sort(), all);
  });

  test("of a number has its digits and sign, stays in range, and numbers stay apart", () => {
    const int4 = { ...options, base: "int4" };
    fc.assert(
      fc.property(fc.integer({ min: -2147483647, max: 2147483647 }), (value) => {
        const fake = Number(fakeOf("number", String(value), int4));
        assert.equal(String(fake).length, String(value).length);
        assert.ok(Math.abs(fake) <= 2147483647 && Math.sign(fake) === Math.sign(value));
      }),
    );
    const all = Array.from({ length: 900 }, (_, i) => String(i + 100));
    assert.deepEqual(all.map((value) => fakeOf("number", value, int4)).sort(), all);
    for (const value of ["0", "NaN", "Infinity"]) assert.equal(fakeOf("number", value, { ...options, base: "float8" }), value);
    assert.match(fakeOf("number", "0.05", { ...options, base: "numeric" }), /^0\.\d\d$/);
    assert.match(fakeOf("number", "1.5e+20", { ...options, base: "float8" }), /^[1-9]\.\de\+20$/);
  });

  test("of a date is a date of the same year, in its form", () => {
    assert.match(fakeOf("date", "1984-02-29", { ...options, base: "date" }), /^1984-\d\d-\d\d$/);
    assert.match(fakeOf("date", "1984-02-29 10:11:12.5+00", { ...options, base: "timestamptz" }), /^1984-\d\d-\d\d \d\d:\d\d:\d\d\+00$/);
    assert.match(fakeOf("date", "0044-03-15 BC", { ...options, base: "date" }), /^0044-\d\d-\d\d BC$/);
    assert.equal(fakeOf("date", "infinity", { ...options, base: "date" }), "infinity");
  });

  test("of an address of the network keeps its family and mask", () => {
    assert.match(fakeOf("ip", "192.168.1.7/24", options), /^10\.\d+\.\d+\.\d+\/24$/);
    assert.match(fakeOf("ip", "192.168.1.0/24", { ...options, base: "cidr" }), /^10\.\d+\.\d+\.\d+$/);
    assert.match(fakeOf("ip", "fe80::1", options), /^2001:db8(:[0-9a-f]{4}){6}$/);
  });

  test("of json has its form; every text and number within is another", () => {
    const value = { name: "Margarethe", mail: "m@quandt.de", "m@quandt.de": { age: 4711, ok: true, none: null }, list: ["Quandt", 12345] };
    const fake = JSON.parse(fakeOf("json", JSON.stringify(value), { ...options, base: "jsonb" })) as Record<string, unknown>;
    assert.deepEqual(Object.keys(fake).slice(0, 2), ["name", "mail"]);
    assert.equal(fake["mail"], fakeOf("email", "m@quandt.de", options));
    assert.doesNotMatch(JSON.stringify(fake), /Margarethe|quandt|4711|12345/i);
    assert.match(JSON.stringify(fake), /"ok":true,"none":null/);
  });

  test("of an e-mail address in a short column is one as long as there is room", () => {
    assert.match(fakeOf("email", "margarethe@quandt.de", { ...wide, limit: 24 }), /^\w{12}@example\.com$/);
    assert.match(fakeOf("email", "margarethe@quandt.de", { ...options, limit: 10 }), /^\w{10}$/);
  });

  test("of nothing is nothing", () => {
    for (const kind of kinds) if (kind !== "json" && kind !== "number") assert.equal(fakeOf(kind, "", wide), "");
  });
});

const column = (more: Partial<SnapshotColumn>): SnapshotColumn => ({
  name: "email",
  type: "text",
  base: "text",
  array: false,
  enumerated: false,
  domain: false,
  limit: null,
  caseless: false,
  notNull: false,
  hasDefault: false,
  generated: false,
  ...more,
});

function ruled(rule: RuledColumn["rule"], more: Partial<RuledColumn> = {}, facts: Partial<SnapshotColumn> = {}): RuledColumn {
  const own = column(facts);
  const table: SnapshotTable = {
    oid: 1,
    schema: "public",
    name: "users",
    partitioned: false,
    columns: [own],
    primaryKey: [],
    uniques: more.wide === true ? [{ columns: [own.name], plain: true, folds: false }] : [],
    keys: [],
    checks: [],
    readable: true,
    rowsHidden: false,
    estimate: -1,
  };
  return { table, column: own, rule, wide: false, caseless: false, limit: null, ...more };
}

describe("a column's values", () => {
  test("null stays null, except that `null` makes all of them", () => {
    assert.equal(replacerOf(ruled("email"), "salt")(null), null);
    assert.equal(replacerOf(ruled({ fixed: 7 }), "salt")(null), null);
    assert.equal(replacerOf(ruled({ fixed: 7 }), "salt")("x"), "7");
    assert.equal(replacerOf(ruled("null"), "salt")("x"), null);
  });

  test("one address in upper and lower case is one person; other kinds fold only where the column does", () => {
    const email = replacerOf(ruled("email"), "salt");
    assert.equal(email("Ann@X.org"), email("ann@x.ORG"));
    const name = replacerOf(ruled("hash"), "salt");
    assert.notEqual(name("Ann"), name("ann"));
    const citext = replacerOf(ruled("hash", { caseless: true }), "salt");
    assert.equal(citext("Ann"), citext("ann"));
  });

  test("elements of an array are replaced one by one", () => {
    const replace = replacerOf(ruled("email", {}, { array: true }), "salt");
    const one = replacerOf(ruled("email"), "salt");
    assert.equal(replace('{a@b.org,NULL,"c@d.org"}'), `{"${one("a@b.org")}",NULL,"${one("c@d.org")}"}`);
  });

  test("a unique column refuses what makes one of two", () => {
    const city = replacerOf(ruled({ fixed: "Rome" }, { wide: true }), "salt");
    assert.equal(city("Oslo"), "Rome");
    assert.equal(city("Oslo"), "Rome");
    assert.throws(() => city("Bern"), { code: "SEED_SNAPSHOT_COLLISION" });
    const email = replacerOf(ruled("email", { wide: true }), "salt");
    email("ann@x.org");
    assert.throws(() => email("Ann@x.org"), { code: "SEED_SNAPSHOT_COLLISION" });
  });
});
