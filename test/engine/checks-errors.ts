/** What a failure tells. */
import assert from "node:assert/strict";
import type { Session } from "../../src/core/engine.ts";
import { StewardError } from "../../src/core/errors.ts";
import { type Check, onSession } from "./check.ts";

export async function errorOf(work: Promise<unknown>): Promise<StewardError> {
  try {
    await work;
  } catch (error) {
    if (StewardError.is(error)) return error;
    throw error;
  }
  throw new assert.AssertionError({ message: "it did not fail" });
}

async function alive(session: Session): Promise<void> {
  assert.deepEqual((await session.query("select 1 as one")).rows, [{ one: 1 }]);
}

export const errorChecks: readonly Check[] = [
  onSession("a syntax error has sqlstate and position", async (session) => {
    const error = await errorOf(session.query("select 1 frmo x"));
    assert.equal(error.code, "SQL_ERROR");
    assert.equal(error.data["sqlstate"], "42601");
    assert.equal(error.data["position"], 15);
    await alive(session);
  }),
  onSession("positions count characters of the whole script, not bytes", async (session) => {
    // The elephant is one character of the server's and two of JavaScript's.
    const text = "select 'ü🐘'; select nowhere";
    const error = await errorOf(session.script(text));
    assert.equal(error.data["sqlstate"], "42703");
    assert.equal(error.data["position"], text.indexOf("nowhere"));
    await alive(session);
  }),
  onSession("a broken constraint names table, column, constraint and detail", async (session) => {
    await session.script(
      "create temp table parent (id int primary key); create temp table child (id int not null, parent_id int constraint up references parent)",
    );
    const foreign = await errorOf(session.query("insert into child values (1, 7)"));
    assert.equal(foreign.data["sqlstate"], "23503");
    assert.equal(foreign.data["constraint"], "up");
    assert.match(foreign.detail ?? "", /\(7\)/);
    const missing = await errorOf(session.query("insert into child values (null, null)"));
    assert.equal(missing.data["sqlstate"], "23502");
    assert.deepEqual([missing.data["table"], missing.data["column"]], ["child", "id"]);
  }),
  onSession("the server's hint and the context of a function are kept", async (session) => {
    const error = await errorOf(session.query("do $$ begin raise exception 'broken' using hint = 'mend it', errcode = 'P0042'; end $$"));
    assert.equal(error.message, "broken");
    assert.equal(error.hint, "mend it");
    assert.equal(error.data["sqlstate"], "P0042");
    assert.match(String(error.data["where"]), /PL\/pgSQL/);
  }),
  onSession("passwords in messages of the server are redacted", async (session) => {
    const error = await errorOf(session.query("do $$ begin raise exception 'cannot reach postgres://me:hush@host/db'; end $$"));
    assert.doesNotMatch(JSON.stringify(error), /hush/);
  }),
  onSession("query() takes exactly one statement", async (session) => {
    const error = await errorOf(session.query("create temp table one (a int); create temp table two (a int)"));
    assert.equal(error.data["sqlstate"], "42601");
    await alive(session);
  }),
  onSession("a script tells which statements completed before the error", async (session) => {
    const error = await errorOf(
      session.script(
        "begin; create temp table s (a int); insert into s values (1), (2); commit; begin; select 1; commit; select 1 / 0; select 2",
      ),
    );
    assert.equal(error.data["sqlstate"], "22012");
    assert.deepEqual(error.data["completed"], ["BEGIN", "CREATE TABLE", "INSERT", "COMMIT", "BEGIN", "SELECT", "COMMIT"]);
    await alive(session);
  }),
  onSession("a script that does not parse completes nothing", async (session) => {
    const error = await errorOf(session.script("select 1; selec 2"));
    assert.deepEqual(error.data["completed"], []);
  }),
  onSession("errors in a row leave the session usable", async (session) => {
    for (let i = 0; i < 20; i++)
      await errorOf(i % 2 === 0 ? session.query("select 1 / $1::int", [0]) : session.script("select 1; select 1 / 0"));
    await alive(session);
  }),
  onSession("a statement queued behind a failing one runs", async (session) => {
    const [bad, good] = await Promise.allSettled([session.query("select 1 / 0"), session.query("select 2 as two")]);
    assert.equal(bad.status, "rejected");
    assert.equal(good.status, "fulfilled");
  }),
  onSession("too many parameters are refused before anything is sent", async (session) => {
    await assert.rejects(
      session.query(
        "select 1",
        Array.from({ length: 65_536 }, () => 1),
      ),
      TypeError,
    );
    await alive(session);
  }),
];
