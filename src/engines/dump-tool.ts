/** pg_dump of the server's major version: an older one refuses a newer server. */
import { existsSync } from "node:fs";
import { join } from "node:path";

/** The path of a pg_dump for `version` (180004), beside `binDir` or on the system; undefined where there is none. */
export function findDumpTool(version: number, binDir?: string): string | undefined {
  const major = Math.floor(version / 10_000);
  const places = [
    `/usr/lib/postgresql/${major}/bin`,
    `/usr/pgsql-${major}/bin`,
    `/opt/homebrew/opt/postgresql@${major}/bin`,
    `/usr/local/opt/postgresql@${major}/bin`,
  ];
  if (binDir !== undefined && majorOf(join(binDir, "pg_dump")) === major) return join(binDir, "pg_dump");
  return (
    places.map((place) => join(place, "pg_dump")).find((path) => existsSync(path)) ?? (majorOf("pg_dump") === major ? "pg_dump" : undefined)
  );
}

function majorOf(program: string): number | undefined {
  if (program.includes("/") && !existsSync(program)) return undefined;
  // Loaded when somebody asks: the module costs 1 ms CPU of every connection.
  const { spawnSync } = process.getBuiltinModule("node:child_process");
  const { stdout } = spawnSync(program, ["--version"], { encoding: "utf8" });
  const major = /\(PostgreSQL\) (\d+)/.exec(stdout ?? "")?.[1];
  return major === undefined ? undefined : Number(major);
}
