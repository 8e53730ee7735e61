/** What the command line prints, compared with files under test/cli/golden; UPDATE_GOLDEN=1 writes them anew. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { CliResult } from "./cli-run.ts";
import { root } from "./migrate-server.ts";

/** Text in which everything that differs from run to run has a name: `<dir>` for a directory, `<ms>` for a duration. */
export function normalised(text: string, names: Readonly<Record<string, string>> = {}): string {
  const own = Object.entries(names).sort(([a], [b]) => b.length - a.length);
  return own
    .reduce((shown, [value, name]) => shown.replaceAll(value, `<${name}>`), text)
    .replaceAll(root, "<root>")
    .replace(/\b\d+(\.\d+)? (ms|s)\b/g, "<ms>")
    .replace(/\b20\d\d-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?Z?)?/g, "<date>")
    .replace(/"durationMs": \d+(\.\d+)?/g, '"durationMs": <ms>')
    .replace(/\bpid \d+/g, "pid <pid>")
    .replace(/tester@\S+/g, "tester@<host>");
}

/** A session as a person sees it: the command, its stderr, its stdout, its exit code. */
export function transcript(args: readonly string[], { code, stdout, stderr }: CliResult): string {
  const part = (title: string, text: string): string => (text === "" ? "" : `--- ${title}\n${text.endsWith("\n") ? text : `${text}\n`}`);
  return `$ pgsteward ${args.join(" ")}\n${part("stderr", stderr)}${part("stdout", stdout)}--- exit ${code}\n`;
}

export function assertGolden(name: string, text: string): void {
  const path = join(root, "test", "cli", "golden", `${name}.txt`);
  if (process.env["UPDATE_GOLDEN"]) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  const expected = existsSync(path) ? readFileSync(path, "utf8") : "";
  assert.equal(text, expected, `${path} says otherwise; UPDATE_GOLDEN=1 writes what is printed now`);
}
