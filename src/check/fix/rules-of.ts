/** The rules of this project and database. */
import type { Session } from "../../core/engine.ts";
import type { Context } from "../../core/operation.ts";
import type { RowRule } from "../rule.ts";

export async function rulesOf(_ctx: Context, _session: Session): Promise<readonly RowRule[]> {
  return [];
}
