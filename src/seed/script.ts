/** `.ts` seeders: `export default defineSeeder({ … })`, or a function `seedName` beside constants. */
import { pathToFileURL } from "node:url";
import { failure, StewardError } from "../core/errors.ts";
import { declared, refuseUnknown, withoutNumber } from "./declare.ts";
import { seedErrors } from "./errors.ts";
import type { SeederFile } from "./file.ts";
import type { Seeder } from "./seeder.ts";

export async function readScript(name: string, path: string, hash: string): Promise<SeederFile> {
  const seeder = seederOf(name, path, await load(path, hash));
  const { validate } = seeder;
  return {
    ...declared(path, name, { ...seeder }),
    name,
    path,
    hash,
    kind: "ts",
    run: (seed) => seeder.run(seed),
    ...(validate && { validate: (seed) => validate.call(seeder, seed) }),
  };
}

type Module = Readonly<Record<string, unknown>>;

/** The content's hash in the URL: an edited file is loaded anew in a long-lived process. */
async function load(path: string, hash: string): Promise<Module> {
  try {
    return (await import(`${pathToFileURL(path).href}?${hash.slice(0, 12)}`)) as Module;
  } catch (cause) {
    if (StewardError.is(cause)) throw cause;
    const problem = cause instanceof Error ? cause.message : String(cause);
    throw failure(seedErrors, "SEED_FILE_INVALID", { path, problem }, { cause });
  }
}

function seederOf(name: string, path: string, { default: whole, ...named }: Module): Seeder {
  const invalid = (problem: string): Error =>
    failure(
      seedErrors,
      "SEED_FILE_INVALID",
      { path, problem },
      { hint: `export ${functionName(name)}(seed), or default defineSeeder({ … })` },
    );
  if (whole !== undefined) {
    if (typeof whole !== "object" || whole === null || typeof (whole as Seeder).run !== "function")
      throw invalid("its default export has no run()");
    refuseUnknown(path, Object.keys(whole), ["run", "validate"]);
    return whole as Seeder;
  }
  const functions = Object.entries(named).filter(([key, value]) => /^seed[A-Z]/.test(key) && typeof value === "function");
  const only = functions.length === 1 ? functions[0] : undefined;
  const [, run] = functions.find(([key]) => key === functionName(name)) ?? only ?? [];
  if (run === undefined)
    throw invalid(functions.length === 0 ? "it exports no seeder" : `it exports ${functions.map(([key]) => key).join(" and ")}`);
  return { ...named, run } as unknown as Seeder;
}

/** `001_admin_user` → `seedAdminUser`. */
export function functionName(name: string): string {
  const words = withoutNumber(name).split(/[^A-Za-z0-9]+/);
  return `seed${words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join("")}`;
}
