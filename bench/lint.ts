/** `migrate lint` on the corpus of statements beside squawk, and what it costs. */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { contextOf } from "../src/migrate/lint/context.ts";
import { loadParser } from "../src/migrate/lint/parse.ts";
import { rules } from "../src/migrate/lint/rules.ts";
import { readSchema } from "../src/migrate/lint/schema.ts";
import type { Trace } from "../src/migrate/lint/trace.ts";
import { type Case, expected } from "../test/lint/corpus/case.ts";
import { answers, base, corpus } from "../test/lint/corpus/corpus.ts";
import { pglite } from "../test/lint/stages.ts";
import type { Bench, Row } from "./shared/bench.ts";
import { corpus as smallMigrations, scriptOf } from "./shared/corpus.ts";
import { cpuSource, inTurn, median, ms, ratioOf, runWell } from "./shared/measure.ts";
import { startServer } from "./shared/server.ts";
import { checkout, installedProject, openWorkspace, type Workspace } from "./shared/workspace.ts";

export const lint: Bench = {
  name: "lint",
  claim: "what a statement does to a database in use is known, not guessed, and knowing it is cheap",
  async run({ rounds = 9, peers, say }) {
    using workspace = openWorkspace();
    return [...(await scores(workspace, peers, say)), ...(await cost(workspace, rounds, peers, say))];
  },
};

const version = 180_004;
const cases = corpus.filter((one) => expected(one, version) !== undefined);

/** What others notice as long as the table is big: it is written anew, or read under a lock that keeps writes or reads waiting. */
function isDangerous(one: Case): boolean {
  const does = expected(one, version, true) ?? [];
  const modes = new Map(does.flatMap((item) => (/^(S|SRE|E|AE) /.test(item) ? [item.split(" ").toReversed() as [string, string]] : [])));
  const isRead = (table: string): boolean => does.includes(`scan ${table}`) && (table !== "totals" || modes.get(table) === "AE");
  return does.some((item) => item.startsWith("rewrite ")) || [...modes.keys()].some(isRead);
}

const ourRules = ["LINT_REWRITE", "LINT_INDEX_BUILD", "LINT_FOREIGN_KEY", "LINT_SCAN_UNDER_LOCK"];
/** Squawk's rules about rewrites, and about reads under a lock; those about lost data, names and style are about something else. */
const squawkRules = [
  "adding-field-with-default",
  "adding-foreign-key-constraint",
  "adding-not-nullable-field",
  "adding-serial-primary-key-field",
  "ban-alter-domain-with-add-constraint",
  "changing-column-type",
  "constraint-missing-not-valid",
  "disallowed-unique-constraint",
  "prefer-repack",
  "require-concurrent-index-creation",
  "require-concurrent-reindex",
];

async function scores(workspace: Workspace, peers: boolean, say: (text: string) => void): Promise<readonly Row[]> {
  const dangerous = cases.map(isDangerous);
  say(
    `${cases.length} statements, ${dangerous.filter(Boolean).length} of them dangerous as measured on PostgreSQL 18 with rows; executed on PGlite, empty`,
  );
  const ours = scoreOf(await ourVerdicts(), dangerous);
  const theirs = peers ? scoreOf(squawkVerdicts(workspace), dangerous) : undefined;
  say(`pgsteward: ${inWords(ours)}`);
  if (theirs) say(`squawk: ${inWords(theirs)}`);
  const row = (claim: string, key: "found" | "missed" | "alarms", wanted: string, ok: boolean): Row => ({
    claim,
    ours: String(ours[key].length),
    peer: theirs ? `squawk 2.66: ${theirs[key].length}` : "",
    wanted,
    ok,
  });
  return [
    row("dangerous statements that are found", "found", `all ${dangerous.filter(Boolean).length}`, ours.missed.length === 0),
    row("dangerous statements that are missed", "missed", "0", ours.missed.length === 0),
    row("false alarms", "alarms", "0", ours.alarms.length === 0),
  ];
}

interface Score {
  readonly found: readonly string[];
  readonly missed: readonly string[];
  readonly alarms: readonly string[];
}

function scoreOf(said: readonly boolean[], dangerous: readonly boolean[]): Score {
  const those = (wanted: boolean, danger: boolean): string[] =>
    cases.flatMap(({ sql }, i) => (said[i] === wanted && dangerous[i] === danger ? [sql] : []));
  return { found: those(true, true), missed: those(false, true), alarms: those(true, false) };
}

function inWords({ found, missed, alarms }: Score): string {
  const list = (statements: readonly string[]): string => statements.slice(0, 6).join(" | ");
  return `${found.length} found, ${missed.length} missed (${list(missed)}), ${alarms.length} false alarms (${list(alarms)})`;
}

async function ourVerdicts(): Promise<readonly boolean[]> {
  const parser = await loadParser();
  return pglite().use([], async (session) => {
    const traces = await answers(session, version, cases, false);
    await session.script(`drop schema public cascade; drop publication if exists changes; create schema public; ${base}`);
    const schema = await readSchema(session);
    const facts = {
      before: schema,
      after: schema,
      version,
      scratchVersion: version,
      missing: [],
      left: [],
      live: undefined,
      inEarnest: false,
    };
    return traces.map((trace) => {
      const context = contextOf([trace as Trace], facts, parser);
      return rules.some((rule) => ourRules.includes(rule.code) && rule.judge(context).length > 0);
    });
  });
}

/** One file a statement, as it would stand in a migration of its own. */
function squawkVerdicts(workspace: Workspace): readonly boolean[] {
  const dir = workspace.make("squawk");
  const files = cases.map(({ sql }, i) => {
    const file = join(dir, `${String(i).padStart(3, "0")}.sql`);
    writeFileSync(file, `${sql};\n`);
    return file;
  });
  const found = JSON.parse(squawk(["--pg-version", "18", "--reporter", "json", ...files])) as { file: string; rule_name: string }[];
  const flagged = new Set(found.flatMap(({ file, rule_name }) => (squawkRules.includes(rule_name) ? [file] : [])));
  return files.map((file) => flagged.has(file));
}

const squawkScript = join(checkout, "node_modules/squawk-cli/js/bin/squawk");

/** It ends with 1 where it finds something. */
function squawk(args: readonly string[]): string {
  try {
    return execFileSync(process.execPath, [squawkScript, ...args], {
      encoding: "utf8",
      maxBuffer: 1 << 26,
      stdio: ["ignore", "pipe", "ignore"],
    });
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}

async function cost(workspace: Workspace, rounds: number, peers: boolean, say: (text: string) => void): Promise<readonly Row[]> {
  await using server = await startServer(workspace);
  const project = installedProject(workspace);
  const dir = join(project.dir, "migrations");
  mkdirSync(dir, { recursive: true });
  const files = smallMigrations(20).map((one) => {
    const file = join(dir, `${String(one.number).padStart(3, "0")}_${one.name}.sql`);
    writeFileSync(file, scriptOf([one]));
    return file;
  });
  say(`${server.description}; scratch databases on PGlite from the cached template; CPU by ${cpuSource}; ${rounds} rounds`);
  return await server.withDatabase(async (url) => {
    const subject = project.pgsteward(["migrate", "lint", "--scratch", "pglite"], { DATABASE_URL: url });
    const peer = {
      program: "node",
      args: ["-e", `require("node:child_process").spawnSync(process.execPath, ${JSON.stringify([squawkScript, ...files])})`],
    };
    await runWell(subject);
    const cpu = (one: typeof peer) => async (): Promise<number> => (await runWell(one, { cpu: true })).cpuMs ?? NaN;
    const spent = await inTurn(
      rounds,
      peers ? { ours: cpu(subject as typeof peer), theirs: cpu(peer) } : { ours: cpu(subject as typeof peer), theirs: async () => NaN },
    );
    return [
      {
        claim: "migrate lint of 20 pending files, CPU",
        ours: ms(median(spent.ours)),
        ...(peers
          ? { peer: `squawk, which executes nothing: ${ms(median(spent.theirs))}`, ratio: ratioOf(spent.ours, spent.theirs) }
          : { peer: "" }),
        wanted: "≤ 1.5 s",
        ok: median(spent.ours) <= 1500,
      },
    ];
  });
}
