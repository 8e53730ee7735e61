/** Values between JavaScript and PostgreSQL's text format, by example; test/properties has the round trips. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { encode, json, parseArray, parserOf } from "../../src/core/types.ts";

test("parameters", () => {
  for (const [value, text] of [
    [null, null],
    ["", ""],
    ["it's", "it's"],
    [true, "true"],
    [12n, "12"],
    [1.5, "1.5"],
    [new Date(0), "1970-01-01T00:00:00.000Z"],
    [new Uint8Array([0, 255]), "\\x00ff"],
    [Buffer.from("a"), "\\x61"],
    [{ a: [1, null] }, '{"a":[1,null]}'],
    [json([1, 2]), "[1,2]"],
    [json("a"), '"a"'],
    [json(null), "null"],
    [[], "{}"],
    [[1, null, "NULL", 'a"b\\c', ""], '{"1",NULL,"NULL","a\\"b\\\\c",""}'],
    [
      [
        [1, 2],
        [3, 4],
      ],
      '{{"1","2"},{"3","4"}}',
    ],
    [[new Date(0)], '{"1970-01-01T00:00:00.000Z"}'],
  ] as const)
    assert.equal(encode(value), text, String(text));
  assert.throws(() => encode(undefined), /undefined as a parameter/);
});

test("values", () => {
  for (const [oid, text, value] of [
    [16, "t", true],
    [20, "9223372036854775807", 9223372036854775807n],
    [23, "-5", -5],
    [701, "1e300", 1e300],
    [701, "Infinity", Number.POSITIVE_INFINITY],
    [1700, "1.10", "1.10"],
    [25, "", ""],
    [3802, '{"a": 1}', { a: 1 }],
    [1184, "2026-11-20 13:00:00.5+02", new Date("2026-11-20T11:00:00.500Z")],
    [1184, "2026-11-20 13:00:00+05:30", new Date("2026-11-20T07:30:00Z")],
    [1184, "infinity", "infinity"],
    [1184, "-infinity", "-infinity"],
    [1007, "{1,NULL,3}", [1, null, 3]],
    [1007, "[0:1]={1,2}", [1, 2]],
    [1009, '{a,"b c","NULL",NULL,"",""}', ["a", "b c", "NULL", null, "", ""]],
    [
      1009,
      '{{a,b},{"c\\"","\\\\"}}',
      [
        ["a", "b"],
        ['c"', "\\"],
      ],
    ],
    [1000, "{t,f}", [true, false]],
    [999_999, "whatever", "whatever"],
  ] as const)
    assert.deepEqual(parserOf(oid)(text), value, text);
  assert.deepEqual(parserOf(17)("\\x00ff"), new Uint8Array([0, 255]));
});

test("arrays of any depth", () => {
  assert.deepEqual(parseArray("{{{1},{2}},{{3},{4}}}", Number), [
    [[1], [2]],
    [[3], [4]],
  ]);
  assert.deepEqual(parseArray("{}", Number), []);
});
