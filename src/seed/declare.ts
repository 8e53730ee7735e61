/** What a seeder's file declares of itself, checked once for every kind of file. */
import { failure } from "../core/errors.ts";
import { type Environment, environmentNamed, environments } from "../core/guard.ts";
import { closest } from "../core/spelling.ts";
import { seedErrors } from "./errors.ts";

/** A seeder's declarations with every default filled in. */
export interface Declared {
  readonly environments: readonly Environment[];
  readonly category: string;
  readonly productionSafe: boolean;
  readonly essential: boolean;
  readonly after: readonly string[];
  readonly tables: readonly string[];
}

type Raw = Readonly<Record<string, unknown>>;

const names = ["environments", "category", "productionSafe", "essential", "after", "tables"] as const;

/** Reads the declarations; `path` and `name` are the file's. Errors: SEED_FILE_INVALID. */
export function declared(path: string, name: string, raw: Raw): Declared {
  const invalid = (problem: string): Error => failure(seedErrors, "SEED_FILE_INVALID", { path, problem });
  const flag = (key: string, fallback: boolean): boolean => {
    const value = raw[key] ?? fallback;
    if (typeof value !== "boolean") throw invalid(`${key} is ${JSON.stringify(value)}; it takes true or false`);
    return value;
  };
  const texts = (key: string): readonly string[] => {
    const value = raw[key] ?? [];
    if (Array.isArray(value) && value.every((one) => typeof one === "string" && one !== "")) return value;
    throw invalid(`${key} is ${JSON.stringify(value)}; it takes a list of names`);
  };
  const category = raw["category"] ?? withoutNumber(name);
  if (typeof category !== "string" || category === "") throw invalid(`category is ${JSON.stringify(category)}; it takes a text`);
  const productionSafe = flag("productionSafe", false);
  return {
    environments: environmentsOf(texts("environments"), productionSafe, invalid),
    category,
    productionSafe,
    essential: flag("essential", productionSafe),
    after: texts("after"),
    tables: texts("tables"),
  };
}

function environmentsOf(given: readonly string[], productionSafe: boolean, invalid: (problem: string) => Error): readonly Environment[] {
  if (given.length === 0) return environments.filter((name) => productionSafe || name !== "production");
  return given.map((name) => {
    const known = environmentNamed(name);
    if (known === undefined) throw invalid(`there is no environment ${name}; they are ${environments.join(", ")}`);
    return known;
  });
}

/** `001_admin_user` → `admin_user`. */
export function withoutNumber(name: string): string {
  return name.replace(/^\d+[_.-]/, "");
}

/** Refuses declarations that there are not; `more` are those of the kind of file. */
export function refuseUnknown(path: string, keys: readonly string[], more: readonly string[] = []): void {
  const known = [...names, ...more];
  const unknown = keys.find((key) => !known.includes(key));
  if (unknown === undefined) return;
  const near = closest(unknown, known);
  const hint = near === undefined ? `it may declare ${known.join(", ")}` : `did you mean ${near}?`;
  throw failure(seedErrors, "SEED_FILE_INVALID", { path, problem: `a seeder declares no ${unknown}` }, { hint });
}
