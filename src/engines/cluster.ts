/** Makes the data directory of the embedded server, once; copies the binaries where its account cannot reach them. */
import { spawn } from "node:child_process";
import { appendFileSync, cpSync, existsSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { failure, type StewardError } from "../core/errors.ts";
import { type Account, blockedAt, may } from "./account.ts";
import { type Binaries, restoreSymlinks } from "./binaries.ts";
import { engineErrors } from "./errors.ts";
import type { NativePlace } from "./native-place.ts";

/** Written into postgresql.conf once; the user may edit that file. */
const settings = `
# pgsteward
wal_level = logical
timezone = 'UTC'
log_timezone = 'UTC'
`;

/** initdb into a directory beside the final one and then a rename: a killed initdb leaves nothing half made. */
export async function createCluster({ dir, dataDir, account }: NativePlace, binaries: Binaries): Promise<void> {
  for (const name of readdirSync(dir)) if (name.startsWith("data.new-")) removeQuietly(join(dir, name));
  const fresh = `${dataDir}.new-${process.pid}`;
  try {
    await initdb(fresh, binaries, dir, account);
    appendFileSync(join(fresh, "postgresql.conf"), settings);
    renameSync(fresh, dataDir);
  } finally {
    removeQuietly(fresh);
  }
}

/** Sorting by code point, the same on every machine: the builtin locale where there is one (17), else the C library's, else plain C. */
async function initdb(fresh: string, { binDir, major }: Binaries, cwd: string, account: Account | undefined): Promise<void> {
  const common = ["-D", fresh, "-U", "postgres", "-E", "UTF8", "--auth-local=trust", "--auth-host=scram-sha-256", "--data-checksums"];
  const locales = [...(major >= 17 ? [["--locale-provider=builtin", "--locale=C.UTF-8"]] : []), ["--locale=C.UTF-8"], ["--locale=C"]];
  let said = "";
  for (const locale of locales) {
    const { code, output } = await run(join(binDir, "initdb"), [...common, ...locale], cwd, account);
    if (code === 0) return;
    said = output;
    // initdb looks at the locale first and makes nothing when it has none; any other failure would only happen again.
    if (!output.includes("invalid locale")) break;
  }
  throw serverFailure("initdb failed", said, dirname(fresh));
}

function run(
  program: string,
  args: readonly string[],
  cwd: string,
  account: Account | undefined,
): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve) => {
    const identity = account && { uid: account.uid, gid: account.gid };
    const env = { LC_ALL: "C", PATH: "/usr/local/bin:/usr/bin:/bin", TZ: "UTC" };
    const child = spawn(program, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"], ...identity });
    let output = "";
    child.stdout.on("data", (text: Buffer) => (output += text.toString()));
    child.stderr.on("data", (text: Buffer) => (output += text.toString()));
    child.once("error", (error) => resolve({ code: null, output: error.message }));
    child.once("close", (code) => resolve({ code, output }));
  });
}

/** The error behind what initdb or the server said before it ended. Their messages are English: they run under LC_ALL=C. */
export function serverFailure(problem: string, said: string, location: string): StewardError {
  const lines = said.trim().split("\n").slice(-20).join("\n");
  if (said.includes("No space left on device")) return failure(engineErrors, "ENGINE_DISK_FULL", { location }, { detail: lines });
  const reason = /(?:FATAL|PANIC|error):\s+(.*)/.exec(said)?.[1];
  const log = join(location, "postgres.log");
  return failure(engineErrors, "ENGINE_START_FAILED", { problem: reason ?? problem, log }, { detail: lines });
}

/** Errors: ENGINE_DATA_VERSION. */
export function checkDataVersion(dataDir: string, { major }: Binaries): void {
  const found = Number(readFileSync(join(dataDir, "PG_VERSION"), "utf8"));
  if (found !== major) throw failure(engineErrors, "ENGINE_DATA_VERSION", { location: dataDir, found, wanted: major });
}

/** The binaries where the account can run them: below a 0700 home, or in a package that lost its symlinks and is read-only, only a copy helps. */
export function reachableBinaries(binaries: Binaries, { dir, account }: NativePlace): Binaries {
  const { binDir } = binaries;
  const reachable = !account || (blockedAt(binDir, account) === undefined && may(join(binDir, "postgres"), account, 0o5));
  if (reachable && restoreSymlinks(binaries)) return binaries;
  // Laid out like the package, `native/bin` beside `native/lib` and `native/share`: the server finds them from its own path.
  const copy = join(dir, `binaries-${binaries.version}`);
  if (!existsSync(copy)) copyTree(dirname(binDir), copy);
  const copied = { ...binaries, binDir: join(copy, "native/bin") };
  restoreSymlinks(copied);
  return copied;
}

function copyTree(from: string, to: string): void {
  const draft = `${to}.new-${process.pid}`;
  cpSync(from, join(draft, "native"), { recursive: true, verbatimSymlinks: true });
  renameSync(draft, to);
}

function removeQuietly(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    // An initdb whose parent was killed may still be writing into it; the next start removes it.
  }
}
