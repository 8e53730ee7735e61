/**
 * npm run bench [-- <name> …] [--rounds <n>] [--times <n>] [--no-peers] [--save]
 *
 * Runs all benchmarks or the named ones, prints one table, writes what it measured as JSON, and ends with 1 if a
 * demanded ratio is missed.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, release, tmpdir, type as system } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { catalog } from "./catalog.ts";
import { check } from "./check.ts";
import { engines } from "./engines.ts";
import { lint } from "./lint.ts";
import { migrateConcurrency } from "./migrate-concurrency.ts";
import { migrateLatency } from "./migrate-latency.ts";
import { migrateLocal } from "./migrate-local.ts";
import { type Bench, missed, type Row, table } from "./shared/bench.ts";
import { seed } from "./seed.ts";
import { startup } from "./startup.ts";
import { testing } from "./testing.ts";

const all: readonly Bench[] = [migrateLatency, migrateLocal, startup, lint, migrateConcurrency, catalog, check, engines, seed, testing];

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string" },
    times: { type: "string" },
    "no-peers": { type: "boolean" },
    save: { type: "boolean" },
  },
});
const unknown = positionals.filter((name) => !all.some((bench) => bench.name === name));
if (unknown.length > 0) {
  console.error(`there is no benchmark ${unknown.join(", ")}; there are ${all.map(({ name }) => name).join(", ")}`);
  process.exit(2);
}

const results = values.save ? join(import.meta.dirname, "results") : join(tmpdir(), "pgsteward-bench");
const machine = `${system()} ${release()}, ${cpus().length} × ${cpus()[0]?.model.trim() ?? "CPU"}, Node ${process.versions.node}`;
console.log(machine);
const rows: Row[] = [];
for (const bench of all.filter(({ name }) => positionals.length === 0 || positionals.includes(name))) {
  console.log(`\n${bench.name}: ${bench.claim}`);
  const measured = await bench.run({
    rounds: number(values.rounds),
    times: number(values.times),
    peers: values["no-peers"] !== true,
    say: (text) => console.log(`  ${text}`),
  });
  rows.push(...measured);
  console.log(`\n${table(measured)}`);
  save(bench.name, measured);
}
if (missed(rows) > 0) console.error(`\n${missed(rows)} demanded ratio(s) missed`);
process.exitCode = missed(rows) > 0 ? 1 : 0;

function number(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}

function save(name: string, measured: readonly Row[]): void {
  mkdirSync(results, { recursive: true });
  const file = join(results, `${name}.json`);
  writeFileSync(file, `${JSON.stringify({ name, machine, at: new Date().toISOString(), rows: measured }, null, 2)}\n`);
  console.log(`\n${file}`);
}
