/** Values, names and literals go to a server and come back as they were. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { id, literal } from "../../src/core/sql.ts";
import { encode, json, parseArray, parserOf } from "../../src/core/types.ts";
import { testDatabase } from "../support/testDatabase.ts";

const { session } = await testDatabase();

/** Any text that PostgreSQL can hold, with what arrays, strings and names trip over made likely. */
const text = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        "'",
        '"',
        "\\",
        "{",
        "}",
        ",",
        " ",
        "NULL",
        "null",
        "\n",
        "\r\n",
        "$1",
        "$$",
        ";",
        "--",
        "E'",
        "%",
        "\t",
        "\u00a0",
        "\ufeff",
      ),
      fc.string({ unit: "binary", maxLength: 3 }),
      fc.string({ unit: "grapheme", maxLength: 3 }),
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join("").replaceAll("\0", ""));

/** Arrays of one shape: `size[0]` rows of `size[1]`, down to the items. */
function shaped<T>(item: fc.Arbitrary<T>): fc.Arbitrary<unknown[]> {
  const nested = (sizes: readonly number[]): fc.Arbitrary<unknown[]> => {
    const [length = 0, ...inner] = sizes;
    return fc.array<unknown>(inner.length === 0 ? fc.option(item, { freq: 5 }) : nested(inner), { minLength: length, maxLength: length });
  };
  const one = fc.array(fc.option(item, { freq: 5 }), { maxLength: 6 });
  return fc.oneof(one, fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 2, maxLength: 3 }).chain(nested));
}

async function fromServer(type: string, value: unknown): Promise<unknown> {
  const { rows } = await session.query<{ value: unknown }>(`select $1::${type} as value`, [value]);
  return rows[0]?.value;
}

test("arrays of text are read as they were written, of whatever depth", () => {
  const { array } = fc.letrec<{ array: unknown[] }>((tie) => ({
    array: fc.array<unknown>(fc.oneof({ depthSize: "small" }, text, fc.constant(null), tie("array")), { maxLength: 4 }),
  }));
  fc.assert(
    fc.property(array, (value) => assert.deepEqual(parseArray(encode(value) ?? "", String), value)),
    { numRuns: 500 },
  );
});

test("lower bounds other than 1 are dropped", () => {
  fc.assert(
    fc.property(fc.array(text, { minLength: 1 }), fc.integer({ min: -5, max: 5 }), (value, low) => {
      assert.deepEqual(parseArray(`[${low}:${low + value.length - 1}]=${encode(value)}`, String), value);
    }),
  );
});

/** In JSON, -0 is 0; jsonb holds no NUL and no half of a surrogate pair. */
const jsonValue = fc
  .jsonValue({ stringUnit: "grapheme", maxDepth: 3 })
  .map((value) => JSON.parse(JSON.stringify(value).replaceAll("\\u0000", "")) as unknown);
const double = fc.double().map((value) => (Object.is(value, -0) ? 0 : value));
const date = fc.date({ min: new Date("0001-01-01T00:00:00Z"), max: new Date("9999-12-31T23:59:59.999Z"), noInvalidDate: true });
const bytes = fc.uint8Array({ maxLength: 8 });
const int8 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });

const types: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  text,
  int4: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  int8,
  float8: double,
  bool: fc.boolean(),
  bytea: bytes,
  timestamptz: date,
  numeric: int8.map(String),
  uuid: fc.uuid(),
};

for (const [type, values] of Object.entries(types)) {
  test(`${type}, alone and in arrays, comes back from a server as it was`, async () => {
    await fc.assert(
      fc.asyncProperty(values, shaped(values), async (value, list) => {
        assert.deepEqual(await fromServer(type, value), value);
        assert.deepEqual(await fromServer(`${type}[]`, list), list);
      }),
      { numRuns: 100 },
    );
  });
}

test("json and jsonb, alone and in arrays, come back from a server as they were", async () => {
  await fc.assert(
    fc.asyncProperty(jsonValue, fc.array(jsonValue, { maxLength: 4 }), fc.constantFrom("json", "jsonb"), async (value, list, type) => {
      assert.deepEqual(await fromServer(type, json(value)), value);
      assert.deepEqual(await fromServer(`${type}[]`, list.map(json)), list);
    }),
    { numRuns: 150 },
  );
});

test("a server reads an array as its items are read one by one", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.option(text), { minLength: 1, maxLength: 5 }), async (list) => {
      const { rows } = await session.query<{ item: string | null }>(
        "select item from unnest($1::text[]) with ordinality u (item, n) order by n",
        [list],
      );
      assert.deepEqual(
        rows.map(({ item }) => item),
        list,
      );
    }),
    { numRuns: 100 },
  );
});

test("a timestamptz is the same moment in every time zone of the session", async () => {
  const zones = fc.constantFrom("UTC", "Europe/Berlin", "Asia/Kathmandu", "America/St_Johns", "Pacific/Apia", "Africa/Monrovia");
  const since = fc.date({ min: new Date("1975-01-01T00:00:00Z"), max: new Date("2100-01-01T00:00:00Z"), noInvalidDate: true });
  await fc.assert(
    fc.asyncProperty(zones, since, (zone, moment) => sameIn(zone, moment)),
    { numRuns: 100 },
  );
});

test("… also where its offset has seconds", async () => {
  await fc.assert(fc.asyncProperty(fc.constantFrom("Europe/Berlin", "Africa/Monrovia"), date, sameIn), { numRuns: 100 });
});

async function sameIn(zone: string, moment: Date): Promise<void> {
  await session.query("select set_config('timezone', $1, false)", [zone]);
  try {
    assert.deepEqual(await fromServer("timestamptz", moment), moment);
  } finally {
    await session.query("reset timezone");
  }
}

test("dates before Christ and behind the year 9999", async () => {
  const far = fc.date({ min: new Date(Date.UTC(-4712, 0, 1)), max: new Date(8.64e15), noInvalidDate: true });
  await fc.assert(
    fc.asyncProperty(far, async (moment) => assert.deepEqual(await fromServer("timestamptz", moment), moment)),
    { numRuns: 100 },
  );
});

test("a literal is the text, whatever standard_conforming_strings says", async () => {
  await fc.assert(
    fc.asyncProperty(text, fc.constantFrom("on", "off"), async (value, conforming) => {
      const script = `set standard_conforming_strings = ${conforming}; select ${literal(value)} as value, 'x'||${literal(value)}||'y' as joined; reset standard_conforming_strings`;
      const [, selected] = await session.script(script);
      assert.deepEqual(selected?.rows, [{ value, joined: `x${value}y` }]);
    }),
    { numRuns: 300 },
  );
});

test("numbers, booleans and null as literals", async () => {
  const value = fc.oneof(fc.integer(), fc.boolean(), fc.constant(null), double.filter(Number.isFinite));
  await fc.assert(
    fc.asyncProperty(value, async (one) => {
      const { rows } = await session.query(`select ${literal(one)} as value`);
      const { value } = rows[0] ?? {};
      assert.deepEqual(typeof one === "number" ? Number(value) : value, one);
    }),
    { numRuns: 100 },
  );
});

/** A name of PostgreSQL: 1 to 63 bytes. */
const name = text.filter((value) => value !== "" && Buffer.byteLength(value) <= 63);

test("an identifier is the name, also a qualified one", async () => {
  await fc.assert(
    fc.asyncProperty(name, name, name, async (schema, table, column) => {
      fc.pre(!schema.startsWith("pg_"));
      const made = `create schema if not exists ${id(schema).text}; create table ${id(schema, table).text} (${id(column).text} int)`;
      const read = `select n.nspname, c.relname, a.attname from pg_attribute a
        join pg_class c on c.oid = attrelid join pg_namespace n on n.oid = relnamespace
        where attrelid = ${literal(id(schema, table).text)}::regclass and attnum > 0`;
      const results = await session.script(`begin; ${made}; ${read}; rollback`);
      const [row] = results.at(-2)?.rows ?? [];
      assert.deepEqual([row?.["nspname"], row?.["relname"], row?.["attname"]], [schema, table, column]);
    }),
    { numRuns: 150 },
  );
});

test("a NUL is refused before it gets anywhere", () => {
  fc.assert(
    fc.property(text, text, (left, right) => {
      assert.throws(() => literal(`${left}\0${right}`), TypeError);
      assert.throws(() => id("a", `${left}\0${right}`), TypeError);
    }),
  );
});

test("what no parser is known for stays text", () => {
  fc.assert(
    fc.property(text, fc.integer({ min: 100_000 }), (value, oid) => {
      assert.equal(parserOf(oid)(value), value);
    }),
  );
});
