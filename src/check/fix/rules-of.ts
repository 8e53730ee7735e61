/** The rules over rows that this project and database have; those of the project are tried out first. */
import type { Session } from "../../core/engine.ts";
import type { Context } from "../../core/operation.ts";
import { collectRules } from "../collect.ts";
import { refuseBlind } from "../preflight.ts";
import { validateRules } from "../project/validate.ts";
import type { RowRule } from "../rule.ts";
import { readSchema } from "../schema.ts";
import { inSnapshot } from "../snapshot.ts";

/** Errors: CHECK_BLIND, CHECK_INVALID, CHECK_UNREADABLE. */
export function rulesOf(ctx: Context): Promise<readonly RowRule[]> {
  return inSnapshot(ctx, 1, async (sessions) => {
    const session = sessions[0] as Session;
    const schema = await readSchema(session);
    refuseBlind(schema);
    const { rules } = await collectRules(ctx.config, schema);
    await validateRules(session, rules, schema.role);
    return rules.filter((rule) => rule.kind === "rows");
  });
}
