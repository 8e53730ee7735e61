/** Measures programs: wall clock and CPU of a child, subjects in turn, medians. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export interface Program {
  /** The file to run; `node` stands for the Node that runs the benchmark. */
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

export interface Ran {
  readonly code: number | null;
  readonly wallMs: number;
  /** User and system CPU of the program and what it waited for; undefined where it was not asked for or cannot be told. */
  readonly cpuMs: number | undefined;
  readonly output: string;
}

const hasBash = process.platform !== "win32" && spawnSync("bash", ["-c", "exit 7"]).status === 7;

/** How CPU is measured here, in words. */
export const cpuSource: string = hasBash ? "bash's `time`, which asks the kernel (getrusage)" : "process.cpuUsage() at the child's exit";

/** Variables that would change what is measured stay out of the children. */
const neutral = (): Record<string, string> => {
  const keep = Object.entries(process.env).filter(
    ([name]) => !/^(PGSTEWARD_|PG[A-Z]+$|NODE_|npm_|DATABASE_URL$|DIRECT_URL$|DBMATE_)/.test(name),
  );
  return { ...Object.fromEntries(keep.map(([name, value]) => [name, value ?? ""])), NO_COLOR: "1" };
};

/** Runs a program to its end. */
export async function run(subject: Program, { cpu = false }: { cpu?: boolean } = {}): Promise<Ran> {
  const isNode = subject.program === "node";
  const program = isNode ? process.execPath : subject.program;
  if (!cpu) return execute(program, subject.args, subject);
  if (hasBash) return timedByBash(program, subject);
  return isNode ? timedByItself(program, subject) : execute(program, subject.args, subject);
}

async function execute(program: string, args: readonly string[], { cwd, env }: Program, more: Record<string, string> = {}): Promise<Ran> {
  const started = performance.now();
  const child = spawn(program, args, { cwd, env: { ...neutral(), ...env, ...more }, stdio: ["ignore", "pipe", "pipe", "pipe"] });
  const heard = ["", ""];
  child.stdout?.on("data", (text: Buffer) => (heard[0] += text.toString()));
  child.stderr?.on("data", (text: Buffer) => (heard[0] += text.toString()));
  child.stdio[3]?.on("data", (text: Buffer) => (heard[1] += text.toString()));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, wallMs: performance.now() - started, cpuMs: seconds(heard[1] ?? ""), output: heard[0] ?? "" };
}

/** `0.113 0.024` → 137. */
function seconds(text: string): number | undefined {
  const [user, system] = text.trim().split(" ").map(Number);
  return user === undefined || system === undefined ? undefined : Math.round((user + system) * 1000);
}

/** bash forks, executes and waits; what it adds (1 to 2 ms) is in every subject alike. */
function timedByBash(program: string, subject: Program): Promise<Ran> {
  const script = 'exec 4>&2; TIMEFORMAT="%3U %3S"; { time "$@" 2>&4 3>&- 4>&-; } 2>&3';
  return execute("bash", ["-c", script, "bash", program, ...subject.args], subject);
}

let files = 0;

async function timedByItself(program: string, subject: Program): Promise<Ran> {
  const file = join(tmpdir(), `pgsteward-bench-cpu-${process.pid}-${++files}`);
  const preload = fileURLToPath(new URL("../programs/report-cpu.mjs", import.meta.url));
  const ran = await execute(program, ["--import", `file://${preload}`, ...subject.args], subject, { BENCH_CPU_FILE: file });
  const cpuMs = seconds(readFileSync(file, "utf8"));
  rmSync(file);
  return { ...ran, cpuMs };
}

/** Runs a program that has to succeed. */
export async function runWell(subject: Program, options?: { cpu?: boolean }): Promise<Ran> {
  const ran = await run(subject, options);
  if (ran.code === 0) return ran;
  throw new Error(`${[subject.program, ...subject.args].join(" ")} ended with ${ran.code}:\n${ran.output.slice(-2000)}`);
}

/**
 * Measures every subject once a round, in turn (A B C, C B A, …), so that what else the machine does hits all of them;
 * the values of one round belong together.
 */
export async function inTurn<K extends string>(
  rounds: number,
  subjects: Readonly<Record<K, (round: number) => Promise<number>>>,
): Promise<Readonly<Record<K, readonly number[]>>> {
  const names = Object.keys(subjects) as K[];
  const values = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<K, number[]>;
  for (let round = 0; round < rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) values[name].push(await subjects[name](round));
  }
  return values;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? NaN) : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}

/** The median of the ratios within each round: a slow minute of the machine is in both of its sides. */
export function ratioOf(ours: readonly number[], peer: readonly number[]): number {
  return median(ours.map((value, i) => value / (peer[i] ?? NaN)));
}

export function differenceOf(ours: readonly number[], peer: readonly number[]): number {
  return median(ours.map((value, i) => value - (peer[i] ?? NaN)));
}

export function ms(value: number): string {
  return value < 1000 ? `${Math.round(value)} ms` : `${(value / 1000).toFixed(2)} s`;
}
