import { finding } from "../../../core/finding.ts";
import { at, type Judged, type Rule } from "../rule.ts";

export const unseen: Rule = {
  code: "LINT_UNSEEN",
  severity: "info",
  title: "A statement was not executed",
  why: "What it locks, rewrites and reads is not known. Nothing is left out without saying so: behind a statement that failed nothing runs, and what changes roles or databases of a server that others use is not run either.",
  judge: ({ judged, missing, left: leftBefore }) => {
    if (missing.length > 0) return [];
    const before = leftBefore.map(({ file, statement, reason }) => {
      const what = `of the migrations before: ${statement.split("\n")[0]} was not executed: ${reason}`;
      return finding("info", "LINT_UNSEEN", file, what, undefined, { file });
    });
    const left = judged.filter(({ trace }) => trace.unseen !== null);
    const own = [...Map.groupBy(left, ({ trace }) => trace.unseen ?? "")].map(([reason, statements]) => {
      const [first] = statements as [Judged, ...Judged[]];
      const lines = statements.map(({ trace }) => `${trace.file}:${trace.line}`);
      const what = statements.length === 1 ? "was not executed" : `and ${statements.length - 1} more statements were not executed`;
      return finding("info", "LINT_UNSEEN", lines[0] ?? "", `${what}: ${reason}`, undefined, at(first, { statements: lines }));
    });
    return [...before, ...own];
  },
};
