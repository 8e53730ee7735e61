/** A file above 400 lines is usually two things. The rest is a report: `npm test -- sizes` prints it. */
import assert from "node:assert/strict";
import test from "node:test";
import { readFiles, type SourceFile } from "../../scripts/source.ts";

const most = 400;
/** Path → why it is one thing all the same. */
const exceptions: Readonly<Record<string, string>> = {};

const linesOf = ({ text }: SourceFile): number => text.trimEnd().split("\n").length;

function tooLong(files: readonly SourceFile[], allowed: Readonly<Record<string, string>>): readonly string[] {
  const long = files.filter((file) => linesOf(file) > most);
  const needless = Object.keys(allowed).filter((path) => !long.some((file) => file.path === path));
  return [
    ...long.filter(({ path }) => !(path in allowed)).map((file) => `${file.path} has ${linesOf(file)} lines`),
    ...needless.map((path) => `${path} needs no exception`),
  ];
}

/** The line count below which `share` of the files are. */
function quantile(files: readonly SourceFile[], share: number): number {
  const lines = files.map(linesOf).sort((a, b) => a - b);
  return lines[Math.min(lines.length - 1, Math.floor(lines.length * share))] ?? 0;
}

test("files are one thing each", (t) => {
  for (const folder of ["src", "test", "scripts", "bench"]) {
    const files = readFiles(`${folder}/**/*.ts`);
    const total = files.reduce((sum, file) => sum + linesOf(file), 0);
    const [half, most9, all] = [quantile(files, 0.5), quantile(files, 0.9), quantile(files, 1)];
    t.diagnostic(`${folder}: ${files.length} files, ${total} lines; half below ${half}, 90 % below ${most9}, longest ${all}`);
  }
  assert.deepEqual(tooLong(readFiles("{src,test,scripts,bench}/**/*.ts", "bin/*.js"), exceptions), []);
});

test("a planted long file, and an exception that is none, are named", () => {
  const long = { path: "src/core/long.ts", text: "line\n".repeat(most + 1) };
  assert.deepEqual(tooLong([long], {}), ["src/core/long.ts has 401 lines"]);
  assert.deepEqual(tooLong([long], { "src/core/long.ts": "it is a table" }), []);
  assert.deepEqual(tooLong([{ path: "src/core/a.ts", text: "line\n".repeat(most) }], { "src/core/a.ts": "" }), [
    "src/core/a.ts needs no exception",
  ]);
});
