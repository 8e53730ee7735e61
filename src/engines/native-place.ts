/** The directories of the embedded native server, and who owns them. */
import { createHash } from "node:crypto";
import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Config } from "../core/config.ts";
import type { Listener } from "../core/events.ts";
import { failure } from "../core/errors.ts";
import { type Account, blockedAt, serverAccount } from "./account.ts";
import { engineErrors } from "./errors.ts";

/** What the native engine reads of the configuration. */
export type NativeConfig = Pick<Config, "root" | "stateDir" | "database" | "port" | "idleTimeoutMs" | "postgresBin" | "postgresUser">;

export interface NativePlace {
  /** Everything of the server, mode 0700, owned by its account: whoever gets in here is trusted. */
  readonly dir: string;
  readonly dataDir: string;
  readonly log: string;
  readonly lockDir: string;
  /** The account that the server runs under, where that is not our own. */
  readonly account: Account | undefined;
  /** Set when `dir` is not below the state directory, because the account cannot get there. */
  readonly blockedBy: string | undefined;
}

/** Where the server of this project is or will be. Changes nothing. Errors: ENGINE_NO_ACCOUNT. */
export function nativePlace(config: NativeConfig): NativePlace {
  const account = serverAccount(config.postgresUser);
  const blockedBy = account && blockedAt(config.stateDir, account);
  const dir = blockedBy === undefined ? join(config.stateDir, "native") : `/var/tmp/pgsteward-${shortHash(config.stateDir)}`;
  return { dir, dataDir: join(dir, "data"), log: join(dir, "postgres.log"), lockDir: join(dir, "lock"), account, blockedBy };
}

/** Makes the directories. Errors: ENGINE_START_FAILED where one belongs to somebody else. */
export function preparePlace(place: NativePlace, events: Listener): void {
  if (existsSync(place.dir)) return checkOwner(place.dir, place);
  const { dir, account, blockedBy } = place;
  makeStateDir(dirname(dir));
  makePrivate(dir, account);
  if (blockedBy === undefined) return;
  const message = `the embedded server keeps its data in ${dir}: its account ${account?.name} cannot pass through ${blockedBy}`;
  events({ type: "note", level: "info", message });
}

/** The state directory is the project's, not the server's; git never sees what is in it. */
export function makeStateDir(stateDir: string): void {
  if (existsSync(stateDir)) return;
  mkdirSync(stateDir, { recursive: true });
  // Independent of the umask: the server's account has to pass through.
  chmodSync(stateDir, 0o755);
  writeFileSync(join(stateDir, ".gitignore"), "*\n");
}

/** sun_path holds 108 bytes on Linux and 104 on macOS, with the file name and the closing NUL. */
const longestSocketDir = 103 - "/.s.PGSQL.65535".length;

/** A directory for the socket: in the place itself, or a short one elsewhere when that path would be too long for a socket. */
export function makeSocketDir({ dir, account }: NativePlace): string {
  const near = join(dir, "run");
  const socketDir = Buffer.byteLength(near) <= longestSocketDir ? near : join(shortTmp(), `pgsteward-${shortHash(dir)}`);
  if (existsSync(socketDir)) checkOwner(socketDir, { account });
  else makePrivate(socketDir, account);
  return socketDir;
}

function shortTmp(): string {
  return Buffer.byteLength(tmpdir()) <= 60 ? tmpdir() : "/tmp";
}

function makePrivate(directory: string, account: Account | undefined): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  if (account) chownSync(directory, account.uid, account.gid);
}

/** Names under /tmp can be guessed: a directory that somebody else made there must not be trusted. */
function checkOwner(directory: string, { account }: Pick<NativePlace, "account">): void {
  const found = lstatSync(directory);
  const owner = account?.uid ?? process.getuid?.();
  if (found.isDirectory() && (owner === undefined || found.uid === owner) && (found.mode & 0o077) === 0) return;
  const wanted = account === undefined ? "to the user who runs this command" : `to ${account.name}`;
  throw failure(engineErrors, "ENGINE_START_FAILED", {
    problem: `${directory} does not belong ${wanted} alone (uid ${found.uid}, mode ${(found.mode & 0o777).toString(8)})`,
    log: directory,
  });
}

function shortHash(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}
