/**
 * What a file changes for its session (SET, SET ROLE, set_config) lasts to the end of the file and reaches no other one.
 *
 * RESET ALL would take with it what the engine set for us (formats, keepalives), so the settings are remembered and put
 * back one by one, in the file's own transaction: behind its COMMIT a failure of the next one would undo that.
 */
import type { Statement } from "../core/sql-text.ts";

/** An item of a SELECT list: remembers the session's settings, until the transaction ends if `local`. */
export function rememberSettings(local: boolean): string {
  return `pg_catalog.set_config('pgsteward.session', (select coalesce(pg_catalog.json_object_agg(s.name, s.setting)::text, '{}')
from pg_catalog.pg_settings s where s.source = 'session' and s.name not like 'pgsteward.%'), ${local})`;
}

/** Back to the role and the settings that were remembered; what was not set then gets the value of a new session. */
export const resetRole = "reset session authorization; reset role;";
export const restoreSettings = `select pg_catalog.set_config(s.name, coalesce(k.value, s.reset_val), false)
from pg_catalog.pg_settings s
left join pg_catalog.json_each_text(pg_catalog.current_setting('pgsteward.session')::pg_catalog.json) k on k.key = s.name
where s.source = 'session' and s.name not like 'pgsteward.%' and s.setting is distinct from coalesce(k.value, s.reset_val);`;

/** True where the statement may leave session settings behind. */
export function changesSettings({ tokens }: Statement): boolean {
  const [first] = tokens;
  if (first?.kind === "word" && ["SET", "RESET", "DISCARD"].includes(first.value)) return true;
  // A DO block is one text to the tokenizer.
  const block = first?.kind === "word" && first.value === "DO";
  return tokens.some(({ kind, value }) => /\bset_config\b/i.test(value) || (block && kind === "text" && /\bset\b/i.test(value)));
}

/** True for a SET whose effect outlives its transaction, so that the rest of the file counts on it. */
export function setsForSession({ tokens }: Statement): boolean {
  const [first, second] = tokens;
  return first?.kind === "word" && first.value === "SET" && !["LOCAL", "TRANSACTION", "CONSTRAINTS"].includes(second?.value ?? "");
}
