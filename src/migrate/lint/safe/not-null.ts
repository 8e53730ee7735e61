/** SET NOT NULL without a scan under ACCESS EXCLUSIVE. */
import { quoted } from "../parse.ts";
import { madeUp } from "./words.ts";

/** Statements that need to be transactions of their own. Since 18 NOT NULL is a constraint; from 12 a valid CHECK spares the scan. */
export function notNull(table: string, column: string, version: number): string[] {
  const name = quoted(column);
  if (version >= 180_000) {
    const constraint = madeUp(table, [column], "not_null");
    return [
      `alter table ${table} add constraint ${constraint} not null ${name} not valid`,
      `alter table ${table} validate constraint ${constraint}`,
    ];
  }
  const check = madeUp(table, [column], "given");
  return [
    `alter table ${table} add constraint ${check} check (${name} is not null) not valid`,
    `alter table ${table} validate constraint ${check}`,
    `alter table ${table} alter column ${name} set not null`,
    `alter table ${table} drop constraint ${check}`,
  ];
}
