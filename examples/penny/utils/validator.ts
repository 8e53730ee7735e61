/** The data of penny, judged: for jobs and for the back office. `npm run db:validate` says the same on the command line. */
import { fileURLToPath } from "node:url";
import { createSteward, type Report } from "pgsteward";
import type { CheckResult } from "pgsteward/check";

/** Every rule over the whole database. */
export async function validateDatabase(): Promise<Report<CheckResult>> {
  return judge({});
}

/** Every rule about rows, over the rows of one tenant. */
export async function validateTenantData(tenantId: string): Promise<Report<CheckResult>> {
  return judge({ tenant: tenantId });
}

async function judge(input: { readonly tenant?: string }): Promise<Report<CheckResult>> {
  const steward = await createSteward({ cwd: fileURLToPath(new URL("..", import.meta.url)) });
  try {
    return await steward.check.run(input);
  } finally {
    await steward.close();
  }
}
