/** Who runs this, and where: for the ledger. */
import { hostname, userInfo } from "node:os";

export function whoIsThis(env: Readonly<Record<string, string | undefined>>): { actor: string; host: string } {
  const actor = env["GITHUB_ACTOR"] ?? env["GITLAB_USER_LOGIN"] ?? env["USER"] ?? env["USERNAME"] ?? accountName();
  return { actor, host: hostname() };
}

function accountName(): string {
  try {
    return userInfo().username;
  } catch {
    return "unknown"; // a container's numeric uid without an entry in /etc/passwd
  }
}
