/** What README says that the demo prints is what it prints, times and places aside. Needs dist/, as `npm test` builds it. */
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import test from "node:test";
import { promisify } from "node:util";
import { readFiles, repository } from "../../scripts/source.ts";

/** Without what differs from run to run: durations, the temporary directory. */
function lasting(text: string): readonly string[] {
  const plain = text.replaceAll(/\s*\b\d+(?:\.\d+)? m?s\b/g, " TIME").replaceAll(/ in \S*pgsteward-demo-\w+\S*/g, " in PLACE");
  return plain.split("\n").filter((line) => line.trim() !== "");
}

/** The lines that are promised and not printed, in this order; `…` stands for any lines. */
function missing(promised: readonly string[], printed: readonly string[]): readonly string[] {
  let at = 0;
  return promised.filter((line) => {
    if (line.trim() === "…") return false;
    const found = printed.indexOf(line, at);
    if (found >= 0) at = found + 1;
    return found < 0;
  });
}

test("the demo prints what README promises", async () => {
  const readme = readFiles("README.md")[0]?.text ?? "";
  const promised = /^```text\n([^]*?)^```/m.exec(readme)?.[1] ?? "";
  assert.match(promised, /001_initial_schema/);
  const { stdout } = await promisify(execFile)(process.execPath, ["scripts/demo.ts"], { cwd: repository });
  assert.deepEqual(missing(lasting(promised), lasting(stdout)), []);
  assert.match(stdout, /try next/);
});

test("a promise that is not kept is named", () => {
  const printed = lasting("made in /tmp/pgsteward-demo-abc/state\n\n  001_a    12 ms\n  002_b  1.20 s\n  40 tables\n");
  assert.deepEqual(missing(lasting("made in /var/pgsteward-demo-xyz/state\n  001_a  9 ms\n  …\n  40 tables"), printed), []);
  assert.deepEqual(missing(lasting("  001_a  9 ms\n  41 tables\n  000_z  1 ms"), printed), ["  41 tables", "  000_z TIME"]);
});
