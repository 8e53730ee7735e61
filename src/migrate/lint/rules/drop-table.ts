import { finding } from "../../../core/finding.ts";
import { at, type Rule } from "../rule.ts";

export const dropTable: Rule = {
  code: "LINT_DROP_TABLE",
  severity: "error",
  title: "A table is dropped with its rows",
  why: "The rows are gone, and the version of the application that still runs asks for the table. Told by an event trigger, so that a DROP inside a DO block is seen.",
  judge: (context) =>
    context.judged.flatMap((judged) => {
      const tables = judged.trace.dropped.filter(({ type, identity }) => type === "table" && !context.isFresh(identity));
      return tables.map(({ identity }) => {
        const rows = context.live?.tables.get(identity)?.rows;
        const many = rows === undefined || rows === 0 ? "" : ` (about ${Math.round(rows).toLocaleString("en")} rows)`;
        const hint = "rename it first, drop it when nobody has missed it, and keep a backup";
        return finding("error", "LINT_DROP_TABLE", identity, `is dropped with its rows${many}`, hint, at(judged));
      });
    }),
};
