/** COPY in both directions, and everything that can go wrong with it. */
import assert from "node:assert/strict";
import type { Session } from "../../src/core/engine.ts";
import { errorOf } from "./checks-errors.ts";
import { type Check, onSession } from "./check.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

async function prepared(session: Session): Promise<void> {
  await session.script("create temp table t (a int, b text)");
}

async function count(session: Session): Promise<unknown> {
  return (await session.query("select count(*)::int as n from t")).rows[0]?.["n"];
}

async function gathered(data: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of data) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

function copyCheck(name: string, run: (session: Session) => Promise<void>): Check {
  return onSession(
    name,
    async (session) => {
      await prepared(session);
      await run(session);
      assert.equal((await session.query("select 1 as one")).rows[0]?.["one"], 1, "the session is usable afterwards");
    },
    "copy",
  );
}

export const copyChecks: readonly Check[] = [
  copyCheck("COPY in counts its rows, whatever the chunks are", async (session) => {
    assert.equal(await session.copyIn("copy t from stdin", [bytes("1\ta\n2"), bytes(""), bytes("\tb"), bytes("\n3\t\\N\n")]), 3);
    assert.deepEqual((await session.query("select a, b from t order by a")).rows, [
      { a: 1, b: "a" },
      { a: 2, b: "b" },
      { a: 3, b: null },
    ]);
  }),
  copyCheck("COPY in takes an async source, csv, and a comment before the statement", async (session) => {
    const source = async function* (): AsyncGenerator<Uint8Array> {
      yield bytes('1,"x\ny"\n');
      await Promise.resolve();
      yield bytes("2,ü\n");
    };
    assert.equal(await session.copyIn("/* data */ copy t (a, b) from stdin with (format csv);", source()), 2);
  }),
  copyCheck("COPY in of nothing is nothing", async (session) => {
    assert.equal(await session.copyIn("copy t from stdin", []), 0);
  }),
  copyCheck("COPY in of several megabytes in small chunks", async (session) => {
    const rows = function* (): Generator<Uint8Array> {
      for (let i = 0; i < 2_000; i++) yield bytes(`${i}\t${"x".repeat(1_000)}\n`.repeat(2));
    };
    assert.equal(await session.copyIn("copy t from stdin", rows()), 4_000);
    assert.equal(await count(session), 4_000);
  }),
  copyCheck("bad data fails with its line and leaves nothing", async (session) => {
    const error = await errorOf(session.copyIn("copy t from stdin", [bytes("1\ta\nx\tb\n")]));
    assert.equal(error.data["sqlstate"], "22P02");
    assert.match(String(error.data["where"]), /line 2/);
    assert.equal(await count(session), 0);
  }),
  copyCheck("bad data at the start of a long source ends the source", async (session) => {
    const stopped = Promise.withResolvers<void>();
    const source = async function* (): AsyncGenerator<Uint8Array> {
      try {
        for (let i = 0; i < 500; i++) yield bytes("x\tb\n".repeat(1_000));
      } finally {
        stopped.resolve();
      }
    };
    assert.equal((await errorOf(session.copyIn("copy t from stdin", source()))).data["sqlstate"], "22P02");
    await stopped.promise;
  }),
  copyCheck("a source that throws fails with its own error and leaves nothing", async (session) => {
    const source = function* (): Generator<Uint8Array> {
      yield bytes("1\ta\n");
      throw new RangeError("mine");
    };
    await assert.rejects(session.copyIn("copy t from stdin", source()), RangeError);
    assert.equal(await count(session), 0);
  }),
  copyCheck("COPY into a table that is not there", async (session) => {
    assert.equal((await errorOf(session.copyIn("copy nowhere from stdin", [bytes("1\n")]))).data["sqlstate"], "42P01");
  }),
  copyCheck("COPY FROM STDIN without data, in query() or in a script, is an error", async (session) => {
    await errorOf(session.query("copy t from stdin"));
    const error = await errorOf(session.script("select 1; copy t from stdin; select 2"));
    assert.deepEqual(error.data["completed"], ["SELECT"]);
  }),
  copyCheck("COPY in inside a transaction is part of it", async (session) => {
    await assert.rejects(
      session.transaction(async (tx) => (await tx.copyIn("copy t from stdin", [bytes("1\ta\n")]), Promise.reject(new Error("no")))),
    );
    assert.equal(await count(session), 0);
    await session.transaction((tx) => tx.copyIn("copy t from stdin", [bytes("1\ta\n")]));
    assert.equal(await count(session), 1);
  }),
  copyCheck("COPY out gives the rows", async (session) => {
    await session.query("insert into t values (1, 'a'), (2, null)");
    assert.equal(await gathered(session.copyOut("copy (select * from t order by a) to stdout")), "1\ta\n2\t\\N\n");
    assert.equal(await gathered(session.copyOut("copy (select 1 where false) to stdout")), "");
  }),
  copyCheck("COPY out of several megabytes arrives whole, at a consumer that dawdles", async (session) => {
    let size = 0;
    for await (const chunk of session.copyOut("copy (select repeat('x', 999) from generate_series(1, 12000)) to stdout")) {
      size += chunk.length;
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.equal(size, 12_000_000);
  }),
  copyCheck("rows larger than a chunk come out whole", async (session) => {
    assert.equal(
      (await gathered(session.copyOut("copy (select repeat('x', 300000) from generate_series(1, 3)) to stdout"))).length,
      900_003,
    );
  }),
  copyCheck("COPY out of something that is not there", async (session) => {
    assert.equal((await errorOf(gathered(session.copyOut("copy nowhere to stdout")))).data["sqlstate"], "42P01");
  }),
  copyCheck("COPY out that fails on the way", async (session) => {
    const error = await errorOf(gathered(session.copyOut("copy (select 1 / (3 - g) from generate_series(1, 5) as g) to stdout")));
    assert.equal(error.data["sqlstate"], "22012");
  }),
  copyCheck("a consumer that leaves COPY out early leaves the session usable", async (session) => {
    for await (const chunk of session.copyOut("copy (select g, repeat('x', 100) from generate_series(1, 300000) as g) to stdout")) {
      assert.ok(chunk.length > 0);
      break;
    }
  }),
  copyCheck("COPY out is what COPY in takes", async (session) => {
    await session.query("insert into t select g, 'ü' || chr(9) || g from generate_series(1, 1000) as g");
    await session.script("create temp table copied (a int, b text)");
    const text = await gathered(session.copyOut("copy t to stdout"));
    assert.equal(await session.copyIn("copy copied from stdin", [bytes(text)]), 1_000);
    const { rows } = await session.query("select count(*)::int as n from copied join t using (a, b)");
    assert.deepEqual(rows, [{ n: 1_000 }]);
  }),
];
