/** The rules of this project and database about rows: those that `check run` asks. */
import type { Session } from "../../core/engine.ts";
import type { Context } from "../../core/operation.ts";
import { collectRules } from "../collect.ts";
import { refuseBlind } from "../preflight.ts";
import { validateRules } from "../project/validate.ts";
import type { RowRule } from "../rule.ts";
import { readSchema } from "../schema.ts";

/** Errors: CHECK_BLIND, CHECK_INVALID, CHECK_UNREADABLE. */
export async function rulesOf({ config }: Pick<Context, "config">, session: Session): Promise<readonly RowRule[]> {
  const schema = await readSchema(session);
  refuseBlind(schema);
  const { rules } = await collectRules(config, schema);
  await validateRules(session, rules, schema.role);
  return rules.filter((rule) => rule.kind === "rows");
}
