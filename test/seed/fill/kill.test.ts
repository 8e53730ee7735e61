import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import test, { type TestContext } from "node:test";
import type { FillOptions } from "../../../src/seed/fill/want.ts";
import { database, type Filled, shop } from "./support.ts";

async function child(url: string, options: FillOptions, killAt: number): Promise<{ signal: string | null; events: number }> {
  const run = spawn(process.execPath, [join(import.meta.dirname, "kill-child.ts"), url, JSON.stringify(options), String(killAt)], {
    stdio: ["ignore", "pipe", "inherit"],
    env: {},
  });
  const [said, [, signal]] = await Promise.all([text(run.stdout), once(run, "close") as Promise<[number | null, string | null]>]);
  return { signal, events: Number(said) };
}

async function contents({ db }: Filled): Promise<unknown> {
  const tables = ["tenants", "users", "categories", "products", "orders", "order_items", "profiles"];
  const { rows } = await db.query(
    tables
      .map((name) => `select '${name}' as name, count(*), md5(string_agg(t::text, ',' order by t::text)) as hash from ${name} t`)
      .join(" union all "),
  );
  return rows;
}

/** Killed at each of some moments of the run; each time the next run ends where an undisturbed one ends. */
async function killed(t: TestContext, options: FillOptions, moments: number): Promise<void> {
  const calm = await database(t, shop);
  const { events } = await child(calm.url, options, 0);
  assert.ok(events >= moments, `${events} events`);
  const [expected, schema] = [await contents(calm), await calm.fingerprint()];
  const at = Array.from({ length: moments }, (_, i) => 1 + Math.floor((i * (events - 1)) / (moments - 1)));
  await Promise.all(
    at.map((event) =>
      t.test(`event ${event} of ${events}`, async (t) => {
        const p = await database(t, shop);
        assert.equal((await child(p.url, options, event)).signal, "SIGKILL");
        await p.fill(options);
        assert.deepEqual(await contents(p), expected);
        assert.equal(await p.fingerprint(), schema);
        assert.equal(await p.count("select count(*) from pgsteward.seed_run where seeder = 'fill'"), 1);
      }),
    ),
  );
}

test("killed while bare tables are loaded", (t) => killed(t, { rows: ["orders=3000", "order_items=5000"], scale: 0.2 }, 5));

test("killed while tables are loaded one after the other", (t) => killed(t, { scale: 0.5, lane: "staging" }, 5));
