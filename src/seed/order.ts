/** The order of seeders: by number, and after those that they name. */
import { failure } from "../core/errors.ts";
import { closest } from "../core/spelling.ts";
import { seedErrors } from "./errors.ts";
import type { SeederFile } from "./file.ts";

/** By number, then by name; a seeder that is named in `after` moves in front of the one that names it. */
export function inOrder(files: readonly SeederFile[]): readonly SeederFile[] {
  const byNumber = files.toSorted((a, b) => compareNumbers(a.name, b.name) || (a.name < b.name ? -1 : 1));
  const done = new Set<SeederFile>();
  const visit = (file: SeederFile, way: readonly SeederFile[]): void => {
    if (done.has(file)) return;
    if (way.includes(file)) {
      const cycle = [...way.slice(way.indexOf(file)), file].map(({ name }) => name).join(" → ");
      throw failure(seedErrors, "SEED_DEPENDENCY_CYCLE", { cycle });
    }
    for (const before of dependenciesOf(file, files)) visit(before, [...way, file]);
    done.add(file);
  };
  for (const file of byNumber) visit(file, []);
  return [...done];
}

/** The seeders that `after` names, by full name or without the number. */
export function dependenciesOf(file: SeederFile, files: readonly SeederFile[]): readonly SeederFile[] {
  return file.after.map((after) => {
    const found = files.find(({ name }) => isCalled(name, after));
    if (found) return found;
    const near = closest(
      after,
      files.map(({ name }) => name),
    );
    throw failure(
      seedErrors,
      "SEED_DEPENDENCY_UNKNOWN",
      { name: file.name, after },
      near === undefined ? {} : { hint: `did you mean ${near}?` },
    );
  });
}

/** A seeder answers to `001_admin_user`, `admin_user` and `001`. */
export function isCalled(name: string, word: string): boolean {
  return name === word || name.replace(/^\d+[_.-]/, "") === word || (/^\d+$/.test(word) && numberOf(name) === Number(word));
}

function numberOf(name: string): number {
  const number = /^(\d+)(?=[_.-]|$)/.exec(name)?.[1];
  return number === undefined ? Number.POSITIVE_INFINITY : Number(number);
}

/** Names without a number come last. */
function compareNumbers(a: string, b: string): number {
  const [first, second] = [numberOf(a), numberOf(b)];
  return first === second ? 0 : first - second;
}
