/** PostgreSQL refuses to run as root: which account runs it then, and what may that account reach? */
import { readFileSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { failure } from "../core/errors.ts";
import { engineErrors } from "./errors.ts";

export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/**
 * The account to run the server under, or undefined when that is the one we run as ourselves.
 * `wanted` (PGSTEWARD_POSTGRES_USER), else postgres, else nobody. Errors: ENGINE_NO_ACCOUNT.
 */
export function serverAccount(wanted: string | undefined): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const names = wanted === undefined ? ["postgres", "nobody"] : [wanted];
  const known = readFileSync("/etc/passwd", "utf8").split("\n");
  for (const name of names) {
    const [, , uid, gid] = known.find((line) => line.startsWith(`${name}:`))?.split(":") ?? [];
    if (uid !== undefined && uid !== "0") return { name, uid: Number(uid), gid: Number(gid) };
  }
  throw failure(engineErrors, "ENGINE_NO_ACCOUNT", { tried: names.join(" or ") });
}

/** The nearest directory on the way to `path` that the account cannot pass through, if there is one. */
export function blockedAt(path: string, account: Account): string | undefined {
  const ways: string[] = [];
  for (let at = path; ; at = dirname(at)) {
    ways.unshift(at);
    if (dirname(at) === at) break;
  }
  return ways.find((way) => !may(way, account, 0o1));
}

/** True when the account has the permission bits (4 read, 2 write, 1 execute or pass) on `path`; a missing path counts as allowed. */
export function may(path: string, { uid, gid }: Account, bits: number): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) return true;
  const shift = found.uid === uid ? 6 : found.gid === gid ? 3 : 0;
  return ((found.mode >> shift) & bits) === bits;
}
