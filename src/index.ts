/** pgsteward: the steward of a PostgreSQL database. */
export { type Clock, systemClock } from "./core/clock.ts";
export { type Config, type ConfigInput, defineConfig } from "./core/config.ts";
export type { Abilities, Engine, Rows, Session } from "./core/engine.ts";
export { type DatabaseState, StewardError } from "./core/errors.ts";
export type { StewardEvent } from "./core/events.ts";
export type { Finding, Report } from "./core/finding.ts";
export type { Environment, Target } from "./core/guard.ts";
export type { Outcome, RunOptions } from "./core/operation.ts";
export type { Plan, Step } from "./core/plan.ts";
export { sql } from "./core/sql.ts";
export { json } from "./core/types.ts";
export { createSteward, type Steward, type StewardOptions } from "./steward.ts";
