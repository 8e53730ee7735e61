/** `db start`, `stop`, `status`, `url`. */
import { failure } from "../core/errors.ts";
import { type Finding, finding } from "../core/finding.ts";
import type { ActingOperation, Context, JudgingOperation } from "../core/operation.ts";
import { asStewardError } from "../core/errors.ts";
import { dbErrors } from "./errors.ts";

type None = Record<string, never>;

export interface DbStatus {
  readonly engine: string;
  readonly running: boolean;
  readonly location: string;
  readonly database: string;
  /** `18.4`; null where nothing runs. */
  readonly version: string | null;
  readonly pid: number | null;
  /** TCP port; null where only the Unix socket is open, or nothing runs. */
  readonly port: number | null;
  readonly startedAt: string | null;
  readonly dataDir: string | null;
  readonly log: string | null;
}

export const start: ActingOperation<None, DbStatus> = {
  kind: "act",
  name: "db start",
  summary: "start the embedded server, or attach to it, for other processes",
  risk: "reads",
  examples: ["pgsteward db start", "pgsteward db start --port 5433"],
  async act(ctx) {
    refuseUrl(ctx);
    refusePglite(ctx);
    await ctx.engine();
    return describeNative(ctx);
  },
};

export interface StopResult {
  readonly stopped: boolean;
}

export const stop: ActingOperation<None, StopResult> = {
  kind: "act",
  name: "db stop",
  summary: "stop the embedded server",
  risk: "reads",
  examples: ["pgsteward db stop"],
  async act(ctx) {
    refuseUrl(ctx);
    refusePglite(ctx);
    const { stopNative } = await import("../engines/native.ts");
    return { stopped: await stopNative(ctx.config, ctx.clock) };
  },
};

export const status: JudgingOperation<None, DbStatus> = {
  kind: "judge",
  name: "db status",
  summary: "show whether the target database runs and answers",
  risk: "reads",
  examples: ["pgsteward db status", "pgsteward db status --json"],
  async report(ctx) {
    if (ctx.target.engine === "native") {
      const data = await describeNative(ctx);
      return { ok: data.running, findings: data.running ? [] : [idle(ctx)], data };
    }
    return ctx.target.engine === "pglite" ? describePglite(ctx) : describeServer(ctx);
  },
};

export const url: ActingOperation<None, string> = {
  kind: "act",
  name: "db url",
  summary: "print a URL of the database for other programs; starts the embedded server",
  risk: "reads",
  examples: ['DATABASE_URL="$(pgsteward db url --quiet)" npx prisma studio'],
  async act(ctx) {
    refusePglite(ctx);
    return ctx.config.url ?? (await ctx.engine()).url() ?? "";
  },
};

function refuseUrl({ target }: Context): void {
  if (target.engine === "postgres") throw failure(dbErrors, "DB_NOT_EMBEDDED", { location: target.location });
}

export function refusePglite({ target }: Context): void {
  if (target.engine === "pglite") throw failure(dbErrors, "DB_NO_SERVER");
}

function idle({ target }: Context): Finding {
  return finding(
    "info",
    "DB_NOT_RUNNING",
    target.location,
    "the embedded server is not running",
    "it starts by itself when a command needs it, or with `pgsteward db start`",
  );
}

const facts = (ctx: Context): Pick<DbStatus, "engine" | "location" | "database"> => ({
  engine: ctx.target.engine,
  location: ctx.target.location,
  database: ctx.target.database,
});

async function describeNative(ctx: Context): Promise<DbStatus> {
  const { nativeStatus } = await import("../engines/native.ts");
  const { running, dataVersion, pid, port, startedAt, dataDir, log } = nativeStatus(ctx.config);
  return {
    ...facts(ctx),
    running,
    version: dataVersion ?? null,
    pid: pid ?? null,
    port: port || null,
    startedAt: startedAt === undefined ? null : new Date(startedAt).toISOString(),
    dataDir,
    log,
  };
}

const unknown = { version: null, pid: null, port: null, startedAt: null, dataDir: null, log: null } as const;

async function describePglite(ctx: Context): Promise<{ ok: boolean; findings: readonly Finding[]; data: DbStatus }> {
  return { ok: true, findings: [], data: { ...facts(ctx), ...unknown, running: false, dataDir: ctx.target.location } };
}

async function describeServer(ctx: Context): Promise<{ ok: boolean; findings: readonly Finding[]; data: DbStatus }> {
  try {
    const { version } = await ctx.engine();
    return { ok: true, findings: [], data: { ...facts(ctx), ...unknown, running: true, version: versionText(version) } };
  } catch (thrown) {
    const error = asStewardError(thrown);
    return {
      ok: false,
      findings: [finding("error", error.code, ctx.target.location, error.message, error.hint)],
      data: { ...facts(ctx), ...unknown, running: false },
    };
  }
}

/** 180004 → `18.4`. */
export function versionText(version: number): string {
  return `${Math.floor(version / 10_000)}.${version % 10_000}`;
}
