/** Hands the terminal to psql and waits for it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { PsqlResult } from "../db/index.ts";

/** Resolves to psql's exit code. The password goes by the environment: a command line is seen by every process. */
export async function runPsql({ program, url }: PsqlResult): Promise<number> {
  const { PGPASSWORD, address } = withoutPassword(url);
  const child = spawn(program, [address], { stdio: "inherit", env: { ...process.env, ...(PGPASSWORD && { PGPASSWORD }) } });
  // Ctrl-C belongs to psql while it runs.
  const ignore = (): void => undefined;
  process.on("SIGINT", ignore);
  const [code] = (await once(child, "exit")) as [number | null];
  process.removeListener("SIGINT", ignore);
  return code ?? 1;
}

function withoutPassword(url: string): { PGPASSWORD: string; address: string } {
  const match = /^([a-z]+:\/\/[^:@/]*):([^@]*)@/i.exec(url);
  if (!match) return { PGPASSWORD: "", address: url };
  return { PGPASSWORD: decodeURIComponent(match[2] ?? ""), address: url.replace(match[0], `${match[1]}@`) };
}
