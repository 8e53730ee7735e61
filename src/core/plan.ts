/**
 * Plan: what an operation would do, as an ordered list of steps that can be printed. A dry run prints the very plan
 * that a real run executes; nothing changes a database except by applying one.
 *
 * Glossary: an *engine* is a PostgreSQL with declared abilities; an *operation* is one verb of one room; a *plan* is
 * its steps; a *finding* is one judgement; the *ledger* is the record in the database.
 */
import type { Session } from "./engine.ts";
import type { StewardError } from "./errors.ts";
import type { Progress } from "./events.ts";
import type { Finding } from "./finding.ts";
import type { Risk } from "./guard.ts";
import { sha256 } from "./hash.ts";

export interface Step {
  readonly title: string;
  /** What the step is about, for the record of a failure: a migration's name. */
  readonly object?: string;
  /** Which part of `object` it is and which way it goes, where an object's steps can end up half done. */
  readonly part?: { readonly way: "up" | "down"; readonly index: number };
  /** What the step executes, as it is printed by a dry run. */
  readonly sql?: string;
  /**
   * `own`: the step is one transaction; it happens whole or not at all.
   * `none`: it cannot run in a transaction; a run that was killed in it is resumed by planning again.
   */
  readonly transaction: "own" | "none";
  /**
   * The whole step as one self-contained message: `begin; …; commit;` with exactly one commit, of a transaction that writes.
   * Steps that have it are sent together, many in one round trip, each still its own transaction.
   */
  readonly script?: string;
  /** Executes a step that has no `script`. */
  run?(session: Session, progress: Progress): Promise<void>;
  /** Turns the server's error into one that says where: file, line, statement. `position` is relative to `script`. */
  explain?(error: StewardError): StewardError;
  /** How to undo it, recorded in the ledger. */
  readonly undo?: string;
}

export interface Plan<R = unknown> {
  readonly title: string;
  readonly steps: readonly Step[];
  readonly findings: readonly Finding[];
  /** Where the steps decide how dangerous it is: overrides the operation's risk. */
  readonly risk?: Risk;
  /** What a person or an agent's human approves: what was approved is what runs. */
  readonly hash: string;
  /** What the operation answers after every step is done. */
  readonly result: R;
  /** Runs after the last step; its findings join the plan's. */
  verify?(session: Session): Promise<readonly Finding[]>;
  /** How many steps the run has done, told by what is recorded: asked where the connection was lost before the answer. */
  done?(session: Session, runId: bigint): Promise<number>;
  /** Records a failure where the room keeps its own history. Runs after the rollback. */
  failed?(session: Session, failure: StepFailure): Promise<void>;
}

export interface StepFailure {
  readonly step: Step;
  readonly error: StewardError;
  readonly runId: bigint;
}

export function plan<R>(parts: Omit<Plan<R>, "hash">): Plan<R> {
  return { ...parts, hash: planHash(parts) };
}

function planHash({ title, steps }: Pick<Plan, "title" | "steps">): string {
  return sha256([title, ...steps.flatMap((step) => [step.title, step.sql ?? ""])].join("\0")).slice(0, 12);
}
