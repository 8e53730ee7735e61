/** Stored figures against what they are figures of. */
import { defineCheck } from "pgsteward/check";

const latestVersion = `
  select max(v.version_number)
  from public.artifact_versions v
  where v.tenant_id = t.tenant_id and v.artifact_id = t.id`;

const lineItems = `
  select coalesce(sum(l.amount_cents), 0)
  from public.invoice_line_items l
  where l.tenant_id = t.tenant_id and l.invoice_id = t.id`;

export default defineCheck([
  {
    name: "artifacts.latest_version",
    category: "consistency",
    aggregate: { table: "public.artifacts", column: "latest_version", equals: latestVersion },
    message: "the artifact names another version as its latest than the highest that there is",
    fix: { set: { latest_version: `coalesce((${latestVersion}), t.latest_version)` } },
  },
  {
    name: "invoices.subtotal",
    category: "consistency",
    aggregate: { table: "public.invoices", column: "subtotal_cents", equals: lineItems },
    message: "the invoice comes to another sum than its line items: a person has to look, the customer may have paid it",
  },
]);
