/** One suite for every engine: what a session promises, checked on a real database. */
import { after, before, suite, test } from "node:test";
import type { Abilities, Engine } from "../../src/core/engine.ts";
import type { Check } from "./check.ts";
import { copyChecks } from "./checks-copy.ts";
import { errorChecks } from "./checks-errors.ts";
import { multiSessionChecks } from "./checks-multi.ts";
import { sessionChecks } from "./checks-session.ts";
import { transactionChecks } from "./checks-transactions.ts";
import { valueChecks } from "./checks-values.ts";

export const checks: readonly Check[] = [
  ...valueChecks,
  ...errorChecks,
  ...transactionChecks,
  ...sessionChecks,
  ...copyChecks,
  ...multiSessionChecks,
];

/** Registers the whole suite for one engine; what the engine declares it cannot do is skipped by name. */
export function conformance(label: string, open: () => Promise<Engine>, close: (engine: Engine) => Promise<void> = (e) => e.close()): void {
  suite(`conformance: ${label}`, () => {
    let engine: Engine;
    before(async () => {
      engine = await open();
    });
    after(() => close(engine));
    for (const { name, needs, run } of checks) {
      test(name, async (t) => {
        if (needs !== undefined && !has(engine, needs)) return t.skip(`${engine.kind} does not declare ${needs}`);
        await run(engine);
      });
    }
  });
}

function has({ abilities }: Engine, needs: keyof Abilities | "several"): boolean {
  return needs === "several" || needs === "sessions" ? abilities.sessions > 1 : abilities[needs];
}
