import { type Finding, finding } from "../../../core/finding.ts";
import { alterations, at, type Judged, type LintContext, type Rule } from "../rule.ts";

export const rlsDisabled: Rule = {
  code: "LINT_RLS_DISABLED",
  severity: "error",
  title: "Row level security is switched off",
  why: "From the commit on everybody who may read the table reads all of it. drizzle-kit 0.31 and 1.0-rc write this statement by themselves when the last policy is taken out of the code.",
  judge: (context) => {
    const said = alterations(context).flatMap(({ judged, table, command }) => {
      const known = context.before.tables.get(table);
      if (command.subtype === "AT_DisableRowSecurity") return [report(judged, table, "loses its row level security")];
      return command.subtype === "AT_NoForceRowSecurity" && known?.forced !== false
        ? [report(judged, table, "is open to its owner again")]
        : [];
    });
    const seen = new Set(said.map(({ object }) => object));
    return [...said, ...hidden(context).filter(({ object }) => !seen.has(object))];
  },
};

function report(judged: Judged, table: string, message: string): Finding {
  return finding("error", "LINT_RLS_DISABLED", table, message, "keep it on; without a policy it shows nothing", at(judged));
}

/** Switched off by SQL that was put together at run time. */
function hidden({ before, after, judged }: LintContext): Finding[] {
  return [...before.tables.values()].flatMap(({ name, rls }) => {
    const maker = judged.findLast(({ trace }) => trace.altered.some(({ identity }) => identity === name));
    return rls && after.tables.get(name)?.rls === false && maker ? [report(maker, name, "loses its row level security")] : [];
  });
}
