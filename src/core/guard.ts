/**
 * Guard: which database is this, and may this operation change it? Production is protected: what `destroys` needs the
 * exact confirmation that the refusal prints, what `changes` needs a yes.
 */
import type { EngineKind } from "./engine.ts";
import { failure } from "./errors.ts";
import type { Plan } from "./plan.ts";

export const environments = ["development", "testing", "staging", "demo", "production"] as const;
export type Environment = (typeof environments)[number];

/** `reads` changes nothing; `changes` can be undone or adds; `destroys` can lose data. */
export type Risk = "reads" | "changes" | "destroys";

/** What a command is about to work on. Holds no secret. */
export interface Target {
  readonly engine: EngineKind;
  /** `127.0.0.1:5432`, or the directory of an embedded engine. */
  readonly location: string;
  readonly database: string;
  readonly environment: Environment;
  /** How the environment was found: `--environment`, `PGSTEWARD_ENV`, `NODE_ENV`, `url`. */
  readonly environmentFrom: string;
}

export const guardErrors = {
  GUARD_CONFIRMATION_NEEDED: {
    exit: 3,
    message: "{operation} destroys data of {database}, which is {environment}",
    hint: "if that is what you want, run it again with --confirm {database}",
    when: "An operation that can lose data was started against a protected database without `--confirm <database>`.",
  },
  GUARD_CONFIRMATION_WRONG: {
    exit: 3,
    message: "--confirm {given} does not name the database {database}",
    hint: "pass --confirm {database} if {database} is the database that you mean",
    when: "The name given to `--confirm` is not the name of the database that the command is connected to.",
  },
  GUARD_YES_NEEDED: {
    exit: 3,
    message: "{operation} changes {database}, which is {environment}, and there is no terminal to ask on",
    hint: "run it again with --yes",
    when: "An operation that changes a production or staging database runs without a terminal and without `--yes`.",
  },
  GUARD_DECLINED: {
    exit: 3,
    message: "{operation} was declined",
    when: "The question whether to go on was answered with no.",
  },
  GUARD_ENVIRONMENT_MISMATCH: {
    exit: 3,
    message: "{operation} takes {database} for {environment} (from {from}), but the database itself says that it is {marked}",
    hint: "if it is the right database, run it with --environment {marked}; if the mark is wrong, change it: pgsteward seed mark {environment} --environment {marked} --confirm {database}",
    when: "The database carries a mark of its environment that asks for more protection than the configuration gives it, as when DATABASE_URL leads to production by mistake.",
  },
  GUARD_PLAN_CHANGED: {
    exit: 3,
    message: "{operation}: the plan is no longer the approved one (approved {approved}, now {actual})",
    hint: "read the new plan with --dry-run and approve that: --plan {actual}",
    when: "Between approval and execution the files or the database changed, so that other steps would run than those approved.",
  },
} as const;

export interface Consent {
  /** `--yes`. */
  readonly yes?: boolean | undefined;
  /** `--confirm <database>`. */
  readonly confirm?: string | undefined;
  /** Asks a person; undefined where there is nobody to ask. */
  readonly ask?: ((question: string, plan: Plan) => Promise<boolean>) | undefined;
}

/** Passes, asks, or refuses. In development and testing nothing is asked where nobody can answer. */
export async function guard(operation: string, risk: Risk, target: Target, plan: Plan, consent: Consent): Promise<void> {
  const { database, environment } = target;
  const facts = { operation, database, environment };
  if (consent.confirm !== undefined && consent.confirm !== database) {
    throw failure(guardErrors, "GUARD_CONFIRMATION_WRONG", { ...facts, given: consent.confirm });
  }
  if (risk === "reads" || consent.confirm === database) return;
  if (risk === "destroys" && environment === "production") throw failure(guardErrors, "GUARD_CONFIRMATION_NEEDED", facts);
  if (consent.yes === true) return;
  if (consent.ask) {
    if (await consent.ask(`${plan.title} on ${database} (${environment})?`, plan)) return;
    throw failure(guardErrors, "GUARD_DECLINED", facts);
  }
  if (environment === "production" || environment === "staging") throw failure(guardErrors, "GUARD_YES_NEEDED", facts);
}

const shapes: readonly (readonly [RegExp, Environment])[] = [
  [/(^|[^a-z])prod(uction)?([^a-z]|$)/, "production"],
  [/(^|[^a-z])(staging|stage|stg)([^a-z]|$)/, "staging"],
  [/(^|[^a-z])demo([^a-z]|$)/, "demo"],
  [/(^|[^a-z])test(s|ing)?([^a-z]|$)/, "testing"],
];

/** The environment that a host and a database name suggest. A remote host that says nothing counts as production: the safe guess. */
export function environmentOfUrl(host: string, database: string): Environment {
  const text = `${host} ${database}`.toLowerCase();
  for (const [pattern, environment] of shapes) if (pattern.test(text)) return environment;
  return isLocal(host) ? "development" : "production";
}

export function isLocal(host: string): boolean {
  return host === "" || host.startsWith("/") || host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

const aliases = new Map<string, Environment>([
  ["dev", "development"],
  ["test", "testing"],
  ["stage", "staging"],
  ["prod", "production"],
]);

/** An environment's name or its usual short form, else undefined. */
export function environmentNamed(name: string): Environment | undefined {
  const lower = name.toLowerCase();
  return environments.find((known) => known === lower) ?? aliases.get(lower);
}
