/** SET NOT NULL without a scan under ACCESS EXCLUSIVE. */
import { quoted } from "../parse.ts";
import { madeUp, type Subject } from "./words.ts";

/** Statements that need to be transactions of their own. Since 18 NOT NULL is a constraint; from 12 a valid CHECK spares the scan. */
export function notNull({ context, table, head, write }: Subject, column: string): string[] {
  const name = quoted(column);
  if (context.version >= 180_000) {
    const constraint = madeUp(table, [column], "not_null");
    return [write`${head}add constraint ${constraint} not null ${name} not valid`, write`${head}validate constraint ${constraint}`];
  }
  const check = madeUp(table, [column], "given");
  return [
    write`${head}add constraint ${check} check (${name} is not null) not valid`,
    write`${head}validate constraint ${check}`,
    write`${head}alter column ${name} set not null`,
    write`${head}drop constraint ${check}`,
  ];
}
