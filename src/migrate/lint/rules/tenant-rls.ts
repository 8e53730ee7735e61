import { finding } from "../../../core/finding.ts";
import { quoted } from "../parse.ts";
import { at, makerOf, type Rule } from "../rule.ts";
import { script } from "../safe/words.ts";

/** The column that says whose row it is. */
const tenantColumn = "tenant_id";

export const tenantRls: Rule = {
  code: "LINT_TENANT_RLS",
  severity: "error",
  title: "A table of tenants' rows is not protected by row level security",
  why: "A table with tenant_id whose row level security is off shows every tenant's rows to whoever forgets a WHERE. Without FORCE its owner sees them all, and applications connect as the owner more often than not.",
  judge: (context) =>
    [...context.after.tables.values()].flatMap((table) => {
      const { name, kind, rls, forced, columns, isPartition } = table;
      const maker = makerOf(context, "table", name);
      const isNew = !context.before.tables.get(name)?.columns.some((column) => column.name === tenantColumn);
      const belongs = columns.some((column) => column.name === tenantColumn);
      if (!maker || !isNew || !belongs || isPartition || !["r", "p"].includes(kind) || (rls && forced)) return [];
      const missing = rls ? "row level security is not forced: its owner passes it" : "row level security is off";
      const safe = script(
        ...(rls ? [] : [`alter table ${name} enable row level security`]),
        `alter table ${name} force row level security`,
        ...(table.policies.length > 0
          ? []
          : [
              `create policy tenant on ${name} using (${quoted(tenantColumn)} = (select current_setting('app.tenant_id')::uuid)) with check (${quoted(tenantColumn)} = (select current_setting('app.tenant_id')::uuid))`,
            ]),
      );
      return [
        finding(
          "error",
          "LINT_TENANT_RLS",
          name,
          `has a ${tenantColumn}, but ${missing}`,
          "enable and force it, and write a policy",
          at(maker, { safe }),
        ),
      ];
    }),
};
