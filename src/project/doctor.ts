/** `doctor`: versions, connection, pooler mode, extensions, rights; each trouble with its fix. */
import { access, constants } from "node:fs/promises";
import type { Engine, Row } from "../core/engine.ts";
import { asStewardError, StewardError } from "../core/errors.ts";
import { type Finding, finding, hasErrors } from "../core/finding.ts";
import { isLocal } from "../core/guard.ts";
import { installedLedger, ledgerVersion } from "../core/ledger.ts";
import type { Context, JudgingOperation } from "../core/operation.ts";
import { toolVersion } from "../core/version.ts";
import { neededExtensions } from "../engines/needs.ts";

export interface DoctorResult {
  /** What was looked at and what was seen, in the order of looking. */
  readonly facts: readonly (readonly [name: string, value: string])[];
}

export const doctor: JudgingOperation<Record<string, never>, DoctorResult> = {
  kind: "judge",
  name: "doctor",
  summary: "examine versions, connection, pooler mode, extensions and rights",
  risk: "reads",
  examples: ["pgsteward doctor", "pgsteward doctor --json"],
  async report(ctx) {
    const facts: [string, string][] = [
      ["pgsteward", toolVersion],
      ["node", process.versions.node],
      ["configuration", ctx.config.file ?? "none (defaults)"],
      ["environment", `${ctx.target.environment} (from ${ctx.target.environmentFrom})`],
    ];
    const findings: Finding[] = [...(await judgeStateDir(ctx))];
    try {
      const engine = await ctx.engine();
      facts.push(...describeEngine(engine, ctx));
      for (const look of [judgeServer, judgeExtensions, judgeLedger, judgePooler]) {
        const seen = await look(ctx, engine);
        facts.push(...seen.facts);
        findings.push(...seen.findings);
      }
    } catch (thrown) {
      const error = asStewardError(thrown);
      findings.push(finding("error", error.code, ctx.target.location, error.message, error.hint));
    }
    return { ok: !hasErrors(findings), findings, data: { facts } };
  },
};

interface Seen {
  readonly facts: readonly [string, string][];
  readonly findings: readonly Finding[];
}

function describeEngine({ kind, version, abilities }: Engine, { target }: Context): [string, string][] {
  const can = Object.entries(abilities).flatMap(([name, value]) =>
    value === true ? [name] : typeof value === "number" ? [`${name}: ${value}`] : [],
  );
  const cannot = Object.entries(abilities).flatMap(([name, value]) => (value === false ? [name] : []));
  return [
    ["engine", `${kind} ${Math.floor(version / 10_000)}.${version % 10_000} at ${target.location}/${target.database}`],
    ["abilities", can.join(", ")],
    ["without", cannot.join(", ") || "nothing"],
  ];
}

async function judgeServer(ctx: Context, engine: Engine): Promise<Seen> {
  const session = await ctx.session();
  const { rows } = await session.query<Row>(`
    select current_user as role, r.rolsuper as super, r.rolbypassrls as bypass, r.rolcreatedb as createdb,
      has_database_privilege(current_database(), 'create') as "create", has_schema_privilege('public', 'create') as public,
      pg_catalog.pg_is_in_recovery() as replica, current_setting('server_encoding') as encoding,
      (select s.ssl from pg_catalog.pg_stat_ssl s where s.pid = pg_catalog.pg_backend_pid()) as ssl
    from pg_catalog.pg_roles r where r.rolname = current_user`);
  const row = rows[0] ?? {};
  const rights = ["super", "bypass", "createdb"]
    .filter((name) => row[name])
    .map((name) => ({ super: "superuser", bypass: "bypasses RLS", createdb: "creates databases" })[name]);
  const findings: Finding[] = [];
  const add = (severity: Finding["severity"], code: string, object: string, message: string, hint: string): void =>
    void findings.push(finding(severity, code, object, message, hint));
  if (engine.version < 140_000)
    add("error", "DOCTOR_VERSION", "server", "is older than PostgreSQL 14, the oldest that pgsteward supports", "upgrade the server");
  if (row["replica"]) add("error", "DOCTOR_REPLICA", "server", "is a read-only replica", "connect to the primary");
  if (!row["create"])
    add(
      "warning",
      "DOCTOR_NO_CREATE",
      String(row["role"]),
      "may not create schemas in this database, so the ledger cannot be installed",
      `as the owner: grant create on database ${ctx.target.database} to ${row["role"]}`,
    );
  if (!row["public"])
    add(
      "info",
      "DOCTOR_NO_PUBLIC",
      String(row["role"]),
      "may not create in schema public",
      `as the owner: grant create on schema public to ${row["role"]}`,
    );
  if (row["encoding"] !== "UTF8")
    add("warning", "DOCTOR_ENCODING", "server", `stores text as ${row["encoding"]}`, "create the database with encoding UTF8");
  if (ctx.target.engine === "postgres" && !row["ssl"] && !isLocal(ctx.target.location.replace(/:\d+$/, "")))
    add("warning", "DOCTOR_NO_TLS", "connection", "is not encrypted", "add sslmode=require to the URL");
  return { facts: [["role", [String(row["role"]), ...rights].join(", ")]], findings };
}

/** Versions of pgvector below 0.8.6 can corrupt an index or overflow a buffer: pgvector/pgvector#959, #988, #993, #1006. */
const safeVector = [0, 8, 6];

async function judgeExtensions(ctx: Context, engine: Engine): Promise<Seen> {
  const needed = [...neededExtensions(ctx.config)];
  const offered = await engine.extensions();
  const absent = needed.filter((name) => !offered.has(name));
  const findings = absent.map((name) =>
    finding(
      "error",
      "DOCTOR_EXTENSION",
      name,
      "is created by a migration, but this server does not offer it",
      "install it on the server, or use an engine that offers it",
    ),
  );
  const { rows } = await (await ctx.session()).query<{ version: string }>(
    "select extversion as version from pg_catalog.pg_extension where extname = 'vector'",
  );
  const version = rows[0]?.version;
  if (version !== undefined && isOlder(version, safeVector)) {
    findings.push(
      finding(
        "warning",
        "DOCTOR_PGVECTOR",
        `vector ${version}`,
        "has defects that can corrupt indexes (fixed in 0.8.6)",
        "install a newer pgvector, then: alter extension vector update",
      ),
    );
  }
  const shown = needed.length === 0 ? "none needed" : needed.map((name) => (offered.has(name) ? name : `${name} (missing)`)).join(", ");
  return { facts: [["extensions", shown]], findings };
}

function isOlder(version: string, than: readonly number[]): boolean {
  const parts = version.split(".").map(Number);
  const at = than.findIndex((part, i) => (parts[i] ?? 0) !== part);
  return at >= 0 && (parts[at] ?? 0) < (than[at] ?? 0);
}

async function judgeLedger(ctx: Context): Promise<Seen> {
  const installed = await installedLedger(await ctx.session());
  const shown = installed === 0 ? "not installed yet" : `version ${installed}`;
  const newer =
    installed > ledgerVersion ? [finding("error", "LEDGER_NEWER", "ledger", "was written by a newer pgsteward", "upgrade pgsteward")] : [];
  return { facts: [["ledger", shown]], findings: newer };
}

async function judgePooler(ctx: Context, engine: Engine): Promise<Seen> {
  if (ctx.target.engine !== "postgres") return { facts: [], findings: [] };
  const { detectTransactionPooling } = await import("../engines/pooler.ts");
  try {
    await detectTransactionPooling(engine as Parameters<typeof detectTransactionPooling>[0]);
    const { behindPooler } = engine as { behindPooler?: boolean };
    return { facts: [["pooler", behindPooler ? "session mode" : "none"]], findings: [] };
  } catch (error) {
    if (!StewardError.is(error)) throw error;
    return { facts: [["pooler", "transaction mode"]], findings: [finding("error", error.code, "pooler", error.message, error.hint)] };
  }
}

async function judgeStateDir({ config, target }: Context): Promise<readonly Finding[]> {
  if (target.engine === "postgres") return [];
  const writable = await access(config.root, constants.W_OK).then(
    () => true,
    () => false,
  );
  return writable
    ? []
    : [finding("error", "DOCTOR_STATE_DIR", config.stateDir, "cannot be written", "set stateDir to a directory of your own")];
}
