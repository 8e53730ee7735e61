/** Types both ways, as the Session documentation says. */
import assert from "node:assert/strict";
import type { Session } from "../../src/core/engine.ts";
import { sql } from "../../src/core/sql.ts";
import { json } from "../../src/core/types.ts";
import { type Check, onSession } from "./check.ts";

async function value(session: Session, expression: string): Promise<unknown> {
  const { rows } = await session.query<{ v: unknown }>(`select ${expression} as v`);
  return rows[0]?.v;
}

async function roundTrip(session: Session, given: unknown, type: string): Promise<unknown> {
  const { rows } = await session.query<{ v: unknown }>(`select $1::${type} as v`, [given]);
  return rows[0]?.v;
}

/** What goes in comes out, for one type. */
function roundTrips(type: string, ...values: readonly unknown[]): Check {
  return onSession(`${type} goes in and comes out the same`, async (session) => {
    for (const given of values) assert.deepEqual(await roundTrip(session, given, type), given);
  });
}

/** A literal is read as this value. */
function reads(name: string, pairs: readonly (readonly [expression: string, expected: unknown])[]): Check {
  return onSession(name, async (session) => {
    for (const [expression, expected] of pairs) assert.deepEqual(await value(session, expression), expected, expression);
  });
}

const oddTexts = ["", "NULL", "null", '"', "\\", "{}", "a,b", " b ", "'", "\n\t", "ß 漢字 🐘", "$1", "e\\'x"];

export const valueChecks: readonly Check[] = [
  roundTrips("boolean", true, false, null),
  roundTrips("smallint", -32_768, 32_767),
  roundTrips("integer", -2_147_483_648, 0, 2_147_483_647),
  roundTrips("bigint", -9_223_372_036_854_775_808n, 9_223_372_036_854_775_807n, 0n, 9_007_199_254_740_993n),
  roundTrips("oid", 0, 4_294_967_295),
  roundTrips("double precision", 0.1, -1e308, 5e-324, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN),
  roundTrips("real", 1.5, Number.NaN, Number.POSITIVE_INFINITY),
  roundTrips("text", ...oddTexts),
  roundTrips("uuid", "00000000-0000-0000-0000-000000000000"),
  roundTrips("jsonb", { a: [1, "x", null, { b: true }] }, {}, null),
  roundTrips("timestamptz", new Date("2024-02-29T12:34:56.789Z"), new Date(0), new Date("0001-01-01T00:00:00Z")),
  roundTrips("bytea", new Uint8Array([0, 1, 127, 128, 255]), new Uint8Array(0)),
  roundTrips(
    "text[]",
    oddTexts,
    [],
    [null, "a", null],
    [
      ["a", null],
      ['"', "{}"],
    ],
  ),
  roundTrips(
    "integer[]",
    [1, -1, null],
    [],
    [
      [1, 2],
      [3, 4],
    ],
  ), // prettier-ignore
  roundTrips("bigint[]", [1n, -9_223_372_036_854_775_808n]),
  roundTrips("boolean[]", [true, false, null]),
  roundTrips("double precision[]", [0.5, Number.NaN, Number.NEGATIVE_INFINITY]),
  roundTrips("bytea[]", [new Uint8Array([1, 2]), new Uint8Array(0)]),
  roundTrips("uuid[]", ["00000000-0000-0000-0000-000000000000"]),
  roundTrips("timestamptz[]", [new Date("2024-02-29T12:34:56.789Z"), null]),
  reads("numeric stays text, to the last digit", [
    ["12345678901234567890.123456789012345678901234567890::numeric", "12345678901234567890.123456789012345678901234567890"],
    ["'NaN'::numeric", "NaN"],
    ["array[1.10, null]::numeric[]", ["1.10", null]],
  ]),
  reads("date, time, timestamp and interval stay text, in ISO form", [
    ["date '2024-02-29'", "2024-02-29"],
    ["time '12:34:56.7'", "12:34:56.7"],
    ["timestamp '2024-02-29 12:34:56'", "2024-02-29 12:34:56"],
    ["interval '1 day 02:03:04'", "1 day 02:03:04"],
    ["array[date '2024-02-29']", ["2024-02-29"]],
  ]),
  reads("timestamptz infinity stays text, years before Christ and beyond 9999 are dates", [
    ["'infinity'::timestamptz", "infinity"],
    ["'-infinity'::timestamptz", "-infinity"],
    ["'0044-03-15 12:00:00+00 BC'::timestamptz", new Date("-000043-03-15T12:00:00Z")],
    ["'12024-01-01 00:00:00+00'::timestamptz", new Date("+012024-01-01T00:00:00Z")],
  ]),
  reads("json null is null, json text is text, SQL null is null", [
    ["'null'::json", null],
    ["'\"x\"'::jsonb", "x"],
    ["null::jsonb", null],
    ["array['{\"a\":1}'::jsonb, null]", [{ a: 1 }, null]],
  ]),
  reads("everything else stays text", [
    ["'(1,2)'::point", "(1,2)"],
    ["'10.0.0.0/8'::inet", "10.0.0.0/8"],
    ["row(1, 'a b')", '(1,"a b")'],
    ["int4range(1, 5)", "[1,5)"],
  ]),
  reads("arrays with other lower bounds lose the bounds", [["'[0:2]={1,2,3}'::int[]", [1, 2, 3]]]),
  onSession("an array in a json column needs json(), a plain object does not", async (session) => {
    assert.deepEqual(await roundTrip(session, json([1, "a"]), "jsonb"), [1, "a"]);
    assert.deepEqual(await roundTrip(session, json("text"), "jsonb"), "text");
    assert.deepEqual(await roundTrip(session, { a: 1 }, "json"), { a: 1 });
  }),
  onSession("values of one megabyte go in and come out", async (session) => {
    const text = "ü🐘x".repeat(180_000);
    assert.equal(await roundTrip(session, text, "text"), text);
    const bytes = new Uint8Array(1_000_000).fill(7);
    assert.deepEqual(await roundTrip(session, bytes, "bytea"), bytes);
  }),
  onSession("the formats do not depend on what database or role have set", async (session) => {
    const { rows } = await session.query(
      "select current_setting('datestyle') like 'ISO%' as iso, current_setting('intervalstyle') as interval, current_setting('bytea_output') as bytea, current_setting('client_encoding') as encoding",
    );
    assert.deepEqual(rows, [{ iso: true, interval: "postgres", bytea: "hex", encoding: "UTF8" }]);
  }),
  onSession("undefined is refused before anything is sent, and the session goes on", async (session) => {
    await assert.rejects(session.query("select $1::text", [undefined]), TypeError);
    assert.throws(() => sql`select ${undefined}`, TypeError);
    assert.equal(await value(session, "1"), 1);
  }),
  onSession("a NUL character in a statement is refused before anything is sent", async (session) => {
    await assert.rejects(session.script("select 1\0; drop table x"), TypeError);
    await assert.rejects(session.query("select $1::text", ["a\0b"]), { code: "SQL_ERROR" });
    assert.equal(await value(session, "1"), 1);
  }),
  onSession("sql`` keeps values apart from text, also when nested", async (session) => {
    const inner = sql`select ${"a'b"}::text as x`;
    const { rows } = await session.query(sql`select x, ${2}::int as y from (${inner}) as t where x <> ${"z"}`);
    assert.deepEqual(rows, [{ x: "a'b", y: 2 }]);
  }),
];
