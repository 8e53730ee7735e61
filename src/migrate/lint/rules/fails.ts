import { finding } from "../../../core/finding.ts";
import { at, type Rule } from "../rule.ts";
import { serverVersion } from "./server-version.ts";
import { vectorDimensions } from "./vector-dimensions.ts";

export const fails: Rule = {
  code: "LINT_FAILS",
  severity: "error",
  title: "A statement fails",
  why: "The statement was executed on a scratch database behind everything that comes before it, and the server refused it. `up` would stop there and roll the file back.",
  judge: (context) => {
    const others = [vectorDimensions, serverVersion].flatMap((rule) => rule.judge(context));
    const explained = new Set(others.map(({ facts }) => `${facts?.["file"] as string} ${facts?.["start"] as number}`));
    return context.judged.flatMap((judged) => {
      const { error, file, start } = judged.trace;
      if (error === null || explained.has(`${file} ${start}`)) return [];
      const hint = "fix the statement; nothing behind it was executed";
      return [finding("error", "LINT_FAILS", file, `fails: ${error.message}`, hint, at(judged, { sqlstate: error.sqlstate }))];
    });
  },
};
