/** The library in a process of its own that can be killed: `node migrate-child.ts <json>`. Ends by itself, or by SIGKILL where `kill` says. */
import { spawn } from "node:child_process";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import type { ConfigInput } from "../../src/core/config.ts";
import { asStewardError } from "../../src/core/errors.ts";
import { PgSession } from "../../src/engines/session.ts";
import { createSteward } from "../../src/steward.ts";
import { type CliResult, finished, plainEnv } from "./cli-run.ts";
import { defer } from "./migrate-server.ts";

export interface ChildWork {
  readonly dir: string;
  readonly config: ConfigInput;
  /** `run` is the seed room's, the others are the migrate room's. */
  readonly verb: "up" | "down" | "redo" | "run";
  readonly input?: Readonly<Record<string, unknown>>;
  /** Where it kills itself: after a step, or when a message to the server was sent or answered (both counted from 1). */
  readonly kill?: { readonly step: number } | { readonly sent: number } | { readonly answered: number };
}

/** A running child, and what it said once it has ended. */
export interface Child {
  kill(): void;
  readonly ended: Promise<CliResult>;
}

/** Killed at the latest when the test ends. */
export function startChild(t: TestContext, work: ChildWork): Child {
  const path = fileURLToPath(import.meta.url);
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", path, JSON.stringify(work)], {
    env: plainEnv(),
    stdio: ["pipe", "pipe", "pipe"],
  });
  defer(t, () => child.kill("SIGKILL"));
  return { kill: () => void child.kill("SIGKILL"), ended: finished(child) };
}

const die = (): void => void process.kill(process.pid, "SIGKILL");

function dieAtMessage(kill: NonNullable<ChildWork["kill"]>): void {
  let count = 0;
  for (const method of ["script", "query"] as const) {
    const original = PgSession.prototype[method] as (...parameters: unknown[]) => Promise<unknown>;
    PgSession.prototype[method] = async function (this: PgSession, ...parameters: unknown[]) {
      const number = ++count;
      const answer = original.apply(this, parameters);
      if ("sent" in kill && kill.sent === number) setImmediate(die);
      return answer.finally(() => "answered" in kill && kill.answered === number && die());
    } as never;
  }
  process.once("exit", () => process.stdout.write(`messages ${count}\n`));
}

async function main({ dir, config, verb, input = {}, kill }: ChildWork): Promise<void> {
  if (kill && !("step" in kill)) dieAtMessage(kill);
  const afterStep = async (done: number): Promise<void> => {
    process.stdout.write(`step ${done}\n`);
    if (kill && "step" in kill && kill.step === done) die();
  };
  await using steward = await createSteward({ cwd: dir, env: { USER: "child" }, config });
  const options = { afterStep, yes: true };
  await (verb === "run" ? steward.seed.run(input, options) : steward.migrate[verb](input, options));
}

const [, script, argument] = process.argv;
if (script === fileURLToPath(import.meta.url) && argument !== undefined) {
  await main(JSON.parse(argument) as ChildWork).catch((thrown: unknown) => {
    const error = asStewardError(thrown);
    process.stderr.write(`${JSON.stringify(error)}\n`);
    process.exitCode = error.exit;
  });
}
