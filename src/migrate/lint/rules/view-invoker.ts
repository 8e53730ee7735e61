import { finding } from "../../../core/finding.ts";
import type { Schema, Table } from "../schema.ts";
import { at, major, makerOf, type Rule } from "../rule.ts";

export const viewInvoker: Rule = {
  code: "LINT_VIEW_INVOKER",
  severity: "error",
  title: "A view passes by the row level security of its tables",
  why: "A view reads with the rights of its owner: 600,000 of 600,000 rows came back where the policy allowed 420. With security_invoker it reads with those of whoever asks.",
  versions: "security_invoker is there since 15. Before, a function or a policy-like WHERE in the view has to do.",
  judge: (context) =>
    [...context.after.tables.values()].flatMap((view) => {
      const maker = makerOf(context, view.kind === "m" ? "materialized view" : "view", view.name);
      const known = context.before.tables.get(view.name);
      const open = (one: Table): boolean => !/security_invoker=(?:true|on|1|yes)/i.test(one.options.join());
      if (!["v", "m"].includes(view.kind) || !maker || !open(view) || (known && open(known) && sameReads(known, view))) return [];
      const secured = readTables(context.after, view).filter(({ rls }) => rls);
      if (secured.length === 0) return [];
      const invoker = major(context.version) >= 15 && view.kind === "v";
      const hint = invoker
        ? "set security_invoker"
        : view.kind === "m"
          ? "grant it to nobody that a policy is meant for"
          : "put the condition of the policy into the view";
      const safe = invoker ? `alter view ${view.name} set (security_invoker = true);` : undefined;
      const message = `shows all rows of ${secured.map(({ name }) => name).join(", ")}, whatever their policies say`;
      // A copy that is granted to nobody shows nothing; a view is there to be asked.
      return [finding(view.kind === "v" ? "error" : "warning", "LINT_VIEW_INVOKER", view.name, message, hint, at(maker, { safe }))];
    }),
};

function sameReads(a: Table, b: Table): boolean {
  return a.reads.toSorted().join() === b.reads.toSorted().join();
}

/** Tables that a view reads, also through other views. */
function readTables({ tables }: Schema, view: Table, seen: ReadonlySet<string> = new Set([view.name])): Table[] {
  return view.reads
    .filter((name) => !seen.has(name))
    .flatMap((name) => {
      const read = tables.get(name);
      if (!read) return [];
      return ["v", "m"].includes(read.kind) ? readTables({ tables } as Schema, read, new Set([...seen, name])) : [read];
    });
}
