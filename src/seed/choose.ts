/** Which seeders a run means: by profile, by words, by --minimal, with those that they need. */
import { failure } from "../core/errors.ts";
import { type Environment, environmentNamed, environments } from "../core/guard.ts";
import { closest } from "../core/spelling.ts";
import { seedErrors } from "./errors.ts";
import type { SeederFile } from "./file.ts";
import { dependenciesOf, isCalled } from "./order.ts";

export interface Choice {
  readonly profile: Environment;
  readonly files: readonly SeederFile[];
}

export interface Wanted {
  /** A profile, or the first category. */
  readonly profile?: string | undefined;
  /** Categories and names. */
  readonly only?: readonly string[] | undefined;
  readonly minimal?: boolean | undefined;
}

/** The seeders of a run on a database of `environment`, in their order. */
export function choose(all: readonly SeederFile[], wanted: Wanted, environment: Environment): Choice {
  const named = wanted.profile === undefined ? undefined : environmentNamed(wanted.profile);
  const profile = named ?? environment;
  if (environment === "production" && profile !== "production") throw failure(seedErrors, "SEED_PROFILE_REFUSED", { profile });
  const words = [...(named === undefined && wanted.profile !== undefined ? [wanted.profile] : []), ...(wanted.only ?? [])];
  const meant = words.length === 0 ? all : all.filter((file) => words.some((word) => answersTo(file, word)));
  for (const word of words) if (!all.some((file) => answersTo(file, word))) throw unknownWord(word, all);
  const first = meant.filter((file) => file.environments.includes(profile) && (wanted.minimal !== true || file.essential));
  const files = withDependencies(first, all, profile);
  refuseUnsafe(files, profile);
  return { profile, files };
}

const answersTo = (file: SeederFile, word: string): boolean => file.category === word || isCalled(file.name, word);

function unknownWord(word: string, files: readonly SeederFile[]): Error {
  const categories = [...new Set(files.map(({ category }) => category))].sort();
  const near = closest(word, [...environments, ...categories, ...files.map(({ name }) => name)]);
  const lists = `the profiles are ${environments.join(", ")}; the categories are ${categories.join(", ")}`;
  return failure(seedErrors, "SEED_WORD_UNKNOWN", { word }, { hint: near === undefined ? lists : `did you mean ${near}? ${lists}` });
}

function withDependencies(chosen: readonly SeederFile[], all: readonly SeederFile[], profile: Environment): readonly SeederFile[] {
  const needed = new Set<SeederFile>();
  const add = (file: SeederFile): void => {
    if (needed.has(file)) return;
    needed.add(file);
    for (const before of dependenciesOf(file, all)) {
      if (!before.environments.includes(profile))
        throw failure(seedErrors, "SEED_DEPENDENCY_ELSEWHERE", { name: file.name, after: before.name, profile });
      add(before);
    }
  };
  chosen.forEach(add);
  return all.filter((file) => needed.has(file));
}

function refuseUnsafe(files: readonly SeederFile[], profile: Environment): void {
  if (profile !== "production") return;
  const unsafe = files.filter(({ productionSafe }) => !productionSafe).map(({ name }) => name);
  if (unsafe.length > 0) throw failure(seedErrors, "SEED_NOT_PRODUCTION_SAFE", { names: unsafe.join(", ") });
}
