/** The server's refusals as failures of the check room. */
import { asStewardError, failure, sqlstate, type StewardError } from "../../core/errors.ts";
import { checkErrors } from "../errors.ts";

type Code = "CHECK_FIX_FAILED" | "CHECK_FIX_RULE_FAILED" | "CHECK_UNDO_FAILED";

/** What is no answer of the server stays as it is; insufficient_privilege (42501), the answer under row security too, is CHECK_FIX_BLIND. */
export function refusedBy(thrown: unknown, code: Code, data: Readonly<Record<string, unknown>>): StewardError {
  const error = asStewardError(thrown);
  if (error.code !== "SQL_ERROR") return error;
  const facts = { ...data, text: error.message, sqlstate: sqlstate(error) };
  const options = { cause: error, detail: error.detail, database: code === "CHECK_FIX_RULE_FAILED" ? ("unchanged" as const) : undefined };
  return failure(checkErrors, sqlstate(error) === "42501" ? "CHECK_FIX_BLIND" : code, facts, options);
}
