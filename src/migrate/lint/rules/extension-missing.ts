import { finding } from "../../../core/finding.ts";
import { at, type Rule } from "../rule.ts";

export const extensionMissing: Rule = {
  code: "LINT_EXTENSION_MISSING",
  severity: "warning",
  title: "An extension is not there, so that something was not seen",
  why: "Statements that need an extension which no scratch database offers cannot be executed. What they would lock, rewrite and read is not known; the rules that read their text were applied all the same.",
  judge: ({ missing, judged, left }) =>
    missing.map((name) => {
      const unseen = judged.filter(({ trace }) => trace.unseen !== null);
      const first = unseen[0] ?? judged[0];
      const message = `is offered by no engine at hand: ${unseen.length} of ${judged.length} statements could not be executed${left.length === 0 ? "" : `, and ${left.length} of those before`}`;
      const before = left.map(({ file, statement, reason }) => ({ file, statement, reason }));
      const facts = {
        ...(first ? at(first) : {}),
        unseen: unseen.map(({ trace }) => ({ file: trace.file, line: trace.line, reason: trace.unseen })),
        before,
      };
      return finding("warning", "LINT_EXTENSION_MISSING", name, message, "name a server that offers it: --scratch postgres://…", facts);
    }),
};
