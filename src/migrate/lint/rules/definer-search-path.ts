import { finding } from "../../../core/finding.ts";
import { at, makerOf, type Rule } from "../rule.ts";

export const definerSearchPath: Rule = {
  code: "LINT_DEFINER_SEARCH_PATH",
  severity: "error",
  title: "A SECURITY DEFINER function has no search_path of its own",
  why: "It runs with its owner's rights and finds tables, functions and operators on the caller's search_path: whoever may create in one schema of that path runs code as the owner (CVE-2018-1058).",
  judge: (context) =>
    [...context.after.routines.values()].flatMap(({ name, settings }) => {
      const maker = makerOf(context, "function", name) ?? makerOf(context, "procedure", name);
      if (!maker || settings.some((setting) => setting.startsWith("search_path="))) return [];
      const safe = `alter routine ${name} set search_path = '';`;
      const hint = "set search_path = '' and qualify the names in its body";
      return [
        finding(
          "error",
          "LINT_DEFINER_SEARCH_PATH",
          name,
          "is SECURITY DEFINER without a search_path of its own",
          hint,
          at(maker, { safe }),
        ),
      ];
    }),
};
