/** BEGIN, COMMIT, ROLLBACK and savepoints. */
import assert from "node:assert/strict";
import type { Session } from "../../src/core/engine.ts";
import { errorOf } from "./checks-errors.ts";
import { type Check, onSession } from "./check.ts";

async function prepared(session: Session): Promise<void> {
  await session.script("create temp table t (a int)");
}

async function content(session: Session): Promise<unknown[]> {
  return (await session.query<{ a: number }>("select a from t order by a")).rows.map(({ a }) => a);
}

const add = (session: Session, a: number): Promise<unknown> => session.query("insert into t values ($1)", [a]);

class Mine extends Error {}

export const transactionChecks: readonly Check[] = [
  onSession("transaction() commits and returns what its body returns", async (session) => {
    await prepared(session);
    assert.equal(await session.transaction(async (tx) => (await add(tx, 1), "result")), "result");
    assert.deepEqual(await content(session), [1]);
  }),
  onSession("transaction() rolls back when its body throws, and throws the same", async (session) => {
    await prepared(session);
    const failing = session.transaction(async (tx) => {
      await add(tx, 1);
      throw new Mine("no");
    });
    await assert.rejects(failing, Mine);
    assert.deepEqual(await content(session), []);
  }),
  onSession("a nested transaction is a savepoint: it rolls back alone", async (session) => {
    await prepared(session);
    await session.transaction(async (tx) => {
      await add(tx, 1);
      await errorOf(tx.transaction(async (inner) => (await add(inner, 2), inner.query("select 1 / 0"))));
      await tx.transaction((inner) => add(inner, 3));
    });
    assert.deepEqual(await content(session), [1, 3]);
  }),
  onSession("savepoints nest three deep", async (session) => {
    await prepared(session);
    await session.transaction(async (one) => {
      await one.transaction(async (two) => {
        await add(two, 1);
        await assert.rejects(
          two.transaction(async (three) => (await add(three, 2), Promise.reject(new Mine("no")))),
          Mine,
        );
        await two.transaction((three) => add(three, 3));
      });
      await assert.rejects(
        one.transaction(async (two) => (await two.transaction((three) => add(three, 4)), Promise.reject(new Mine("no")))),
        Mine,
      );
    });
    assert.deepEqual(await content(session), [1, 3]);
  }),
  onSession("a COMMIT that the server answers with ROLLBACK is an error", async (session) => {
    await prepared(session);
    const error = await errorOf(session.transaction(async (tx) => (await add(tx, 1), await errorOf(tx.query("select 1 / 0")))));
    assert.equal(error.code, "ENGINE_TRANSACTION_ABORTED");
    assert.equal(error.database, "rolled back");
    assert.deepEqual(await content(session), []);
  }),
  onSession("a nested transaction whose failed statement was swallowed is an error, too, and harms only itself", async (session) => {
    await prepared(session);
    await session.transaction(async (tx) => {
      await add(tx, 1);
      const error = await errorOf(tx.transaction((inner) => errorOf(inner.query("select 1 / 0"))));
      assert.equal(error.code, "ENGINE_TRANSACTION_ABORTED");
    });
    assert.deepEqual(await content(session), [1]);
  }),
  onSession("transaction() works on a session that a failed script left in an aborted transaction", async (session) => {
    await prepared(session);
    await errorOf(session.script("begin; insert into t values (1); select 1 / 0"));
    await session.transaction((tx) => add(tx, 2));
    assert.deepEqual(await content(session), [2]);
  }),
  onSession("inside a transaction that a script has opened, transaction() is a savepoint", async (session) => {
    await prepared(session);
    await session.script("begin; insert into t values (1)");
    await session.transaction((tx) => add(tx, 2));
    await session.script("rollback");
    assert.deepEqual(await content(session), []);
  }),
  onSession("two transactions of one session that overlap end the session, before they mix", async (session) => {
    const slow = async (tx: Session, statements: number): Promise<void> => {
      for (let i = 0; i < statements; i++) await tx.query("select 1");
    };
    const both = await Promise.allSettled([session.transaction((tx) => slow(tx, 3)), session.transaction((tx) => slow(tx, 6))]);
    assert.deepEqual(
      both.map(({ status }) => status),
      ["rejected", "rejected"],
    );
    assert.match((await errorOf(session.query("select 1"))).message, /overlap/);
  }),
  onSession("a script is one transaction unless it says otherwise", async (session) => {
    await prepared(session);
    await errorOf(session.script("insert into t values (1); insert into t values (1 / 0)"));
    assert.deepEqual(await content(session), []);
    await errorOf(session.script("insert into t values (1); commit; insert into t values (1 / 0)"));
    assert.deepEqual(await content(session), [1]);
  }),
  onSession("SET LOCAL ends with the transaction", async (session) => {
    await session.transaction(async (tx) => {
      await tx.query("set local work_mem = '1234kB'");
      assert.equal((await tx.query("show work_mem")).rows[0]?.["work_mem"], "1234kB");
    });
    assert.notEqual((await session.query("show work_mem")).rows[0]?.["work_mem"], "1234kB");
  }),
];
