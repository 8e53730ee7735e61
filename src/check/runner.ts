/** A run: snapshot, catalog, refusals, validation of the project's checks, then every rule, in parallel where the engine can. */
import type { Session } from "../core/engine.ts";
import { asStewardError, failure, sqlstate } from "../core/errors.ts";
import type { Context } from "../core/operation.ts";
import { collectRules } from "./collect.ts";
import { checkErrors } from "./errors.ts";
import { type Fingerprint, fingerprint } from "./fingerprint.ts";
import { readReplication, refuseBlind, refuseLag } from "./preflight.ts";
import { validateRules } from "./project/validate.ts";
import { categories, type Level, type ProbeRule, type QueryRule, type RowRule, type Rule } from "./rule.ts";
import { passesOf } from "./scan.ts";
import { judgePass, judgeQuery } from "./judge.ts";
import { ownTables, readSchema, type Schema, type Table } from "./schema.ts";
import { inSnapshot } from "./snapshot.ts";
import { scopeOf } from "./scope.ts";
import { orFailed, resultOf, type RuleResult, type Sight } from "./result.ts";

export interface RunSettings {
  readonly level: Level;
  /** Empty: all. */
  readonly only: readonly string[];
  readonly tenant: string | undefined;
  /** Empty: all. */
  readonly schemas: readonly string[];
  readonly sessions: number;
}

export interface Ran {
  /** When the snapshot was taken. */
  readonly at: Date;
  readonly results: readonly RuleResult[];
  /** Rules that could not look, and why. */
  readonly skipped: readonly { readonly rule: string; readonly reason: string }[];
  /** Of a deep run. */
  readonly fingerprints: readonly Fingerprint[];
}

/** Errors: those of errors.ts. */
export function runChecks(ctx: Context, settings: RunSettings): Promise<Ran> {
  const wanted = categoriesOf(settings.only);
  return inSnapshot(ctx, settings.sessions, async (sessions) => {
    const session = sessions[0] as Session;
    refuseLag(await readReplication(session));
    const schema = await readSchema(session, settings.schemas).catch((thrown: unknown) => {
      throw isLocked(thrown)
        ? failure(checkErrors, "CHECK_LOCKED", { problem: asStewardError(thrown).message }, { cause: thrown })
        : thrown;
    });
    refuseBlind(schema);
    const { rules, tenants } = await collectRules(ctx.config, schema);
    await validateRules(session, rules, schema.role);
    const scope = settings.tenant === undefined ? undefined : await scopeOf(session, schema, tenants, settings.tenant);
    const chosen = rules.filter(({ category, level }) => wanted.has(category) && isDue(level, settings.level));
    const work = tasksOf(ctx, { schema, tenants, scope, level: settings.level }, chosen);
    const parts = await inParallel(ctx, sessions, work);
    const order = new Map(rules.map(({ name }, i) => [name, i]));
    const place = ({ rule }: { readonly rule: string }): number => order.get(rule) ?? 0;
    return {
      at: schema.at,
      results: parts.flatMap(({ results = [] }) => results).toSorted((a, b) => place(a) - place(b)),
      skipped: parts.flatMap(({ skipped = [] }) => skipped).toSorted((a, b) => place(a) - place(b)),
      fingerprints: parts.flatMap(({ fingerprints = [] }) => fingerprints),
    };
  });
}

/** lock_not_available */
const isLocked = (thrown: unknown): boolean => sqlstate(thrown) === "55P03";

function categoriesOf(only: readonly string[]): ReadonlySet<string> {
  const names = only.flatMap((name) => name.split(",")).map((name) => name.trim());
  const wrong = names.find((name) => !categories.some((category) => category === name));
  if (wrong !== undefined) throw failure(checkErrors, "CHECK_UNKNOWN_CATEGORY", { category: wrong, known: categories.join(", ") });
  return new Set(names.length === 0 ? categories : names);
}

const weights: Readonly<Record<Level, number>> = { quick: 0, default: 1, deep: 2 };

const isDue = (rule: Level, run: Level): boolean => weights[rule] <= weights[run];

type Part = Partial<Omit<Ran, "at">>;

interface Task {
  readonly title: string;
  /** The larger ones begin first. */
  readonly weight: number;
  run(session: Session): Promise<Part>;
}

function tasksOf(ctx: Context, sight: Sight, rules: readonly Rule[]): readonly Task[] {
  const tasks = [
    ...passTasks(
      ctx,
      sight,
      rules.filter((rule) => rule.kind === "rows"),
    ),
  ];
  // Of one tenant only rows can be told.
  if (sight.scope !== undefined) return tasks;
  for (const rule of rules) {
    if (rule.kind === "query") tasks.push(queryTask(ctx, rule));
    if (rule.kind === "probe") tasks.push(probeTask(ctx, sight.schema, rule));
    if (rule.kind === "catalog")
      tasks.push({ title: rule.name, weight: 0, run: async () => ({ results: [resultOf(rule, rule.judge(sight.schema), 0)] }) });
  }
  if (sight.level === "deep") tasks.push(...ownTables(sight.schema).map(fingerprintTask));
  return tasks.toSorted((a, b) => b.weight - a.weight);
}

function passTasks(ctx: Context, sight: Sight, rules: readonly RowRule[]): readonly Task[] {
  const tableOf = ({ table }: RowRule): Table => table as Table;
  const seen = sight.scope === undefined ? rules : rules.filter((rule) => sight.scope?.of(tableOf(rule)) !== undefined);
  return passesOf(seen, tableOf).map((pass) => ({
    title: pass.table.table,
    weight: pass.table.rows,
    run: async (session) => ({ results: await judgePass(ctx, session, sight, pass) }),
  }));
}

function queryTask(ctx: Context, rule: QueryRule): Task {
  return { title: rule.name, weight: 1_000, run: async (session) => ({ results: [await judgeQuery(ctx, session, rule)] }) };
}

function probeTask(ctx: Context, schema: Schema, rule: ProbeRule): Task {
  return {
    title: rule.name,
    weight: 100,
    async run(session) {
      const started = ctx.clock.now();
      const seen = await orFailed(rule, () => session.transaction((inner) => rule.look(inner, schema)));
      if (typeof seen === "string") return { skipped: [{ rule: rule.name, reason: seen }] };
      return { results: [resultOf(rule, seen, ctx.clock.now() - started)] };
    },
  };
}

function fingerprintTask(table: Table): Task {
  return { title: table.table, weight: table.rows, run: async (session) => ({ fingerprints: [await fingerprint(session, table)] }) };
}

/** Each session takes the next task until none is left; after a failure none is begun. */
async function inParallel(ctx: Context, sessions: readonly Session[], tasks: readonly Task[]): Promise<readonly Part[]> {
  const parts: Part[] = [];
  const waiting = [...tasks];
  const outcomes = await Promise.allSettled(
    sessions.map(async (session) => {
      for (let task = waiting.shift(); task; task = waiting.shift()) {
        try {
          parts.push(await task.run(session));
        } catch (error) {
          waiting.length = 0;
          throw error;
        }
        ctx.events({ type: "progress", title: task.title, done: parts.length, total: tasks.length, unit: "checks" });
      }
    }),
  );
  const failed = outcomes.find(({ status }) => status === "rejected");
  if (failed?.status === "rejected") throw failed.reason;
  return parts;
}
