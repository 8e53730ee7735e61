/** The server's refusals as failures of the check room. */
import { asStewardError, failure, sqlstate, type StewardError } from "../../core/errors.ts";
import { checkErrors } from "../errors.ts";

type Code = "CHECK_FIX_FAILED" | "CHECK_FIX_RULE_FAILED" | "CHECK_UNDO_FAILED";

/** Where the server said it: while the plan was made, or while it was applied. */
type Phase = "planning" | "applying";

/** What is no answer of the server stays as it is; insufficient_privilege (42501) is also what it says where row security would hide rows. */
export function refusedBy(thrown: unknown, phase: Phase, code: Code, data: Readonly<Record<string, unknown>>): StewardError {
  const error = asStewardError(thrown);
  if (error.code !== "SQL_ERROR") return error;
  const text = error.message;
  const options = {
    cause: error,
    detail: error.detail,
    database: phase === "planning" ? ("unchanged" as const) : ("rolled back" as const),
  };
  if (sqlstate(error) === "42501") return failure(checkErrors, "CHECK_BLIND", { ...data, role: "this role", problem: text }, options);
  return failure(checkErrors, code, { ...data, text, sqlstate: sqlstate(error) }, options);
}
