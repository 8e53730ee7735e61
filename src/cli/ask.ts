/** Asking a person, where there is one. */
import type { Consent } from "../core/guard.ts";
import type { GlobalFlags } from "./arguments.ts";

/** The question as a prompt on the terminal; undefined where nobody can answer. */
export function asker({ json, yes }: GlobalFlags): Consent["ask"] {
  if (json || yes || !process.stdin.isTTY || !process.stderr.isTTY) return undefined;
  return async (question, plan) => {
    const { confirm, isCancel } = await import("@clack/prompts");
    for (const { title } of plan.steps.slice(0, 20)) process.stderr.write(`  ${title}\n`);
    if (plan.steps.length > 20) process.stderr.write(`  … and ${plan.steps.length - 20} more\n`);
    const answer = await confirm({ message: question, output: process.stderr });
    return !isCancel(answer) && answer;
  };
}
