import type { SeedContext } from "pgsteward/seed";

export const productionSafe = true;
export const category = "tenants";

export async function seedDefaultTenant(seed: SeedContext): Promise<void> {
  const [tenant] = await seed.upsert(
    "tenants",
    [{ slug: "default", name: "Default", status: "active", settings: { locale: "en", retention_days: 365 } }],
    { key: ["slug"] },
  );
  await seed.upsert(
    "workspaces",
    [{ tenant_id: tenant?.id, slug: "general", name: "General", description: "Everybody's workspace", is_default: true }],
    { key: ["tenant_id", "slug"] },
  );
  await seed.upsert(
    "roles",
    [
      { tenant_id: null, name: "admin", is_system: true, description: "Manages a tenant", permissions: ["*:*"] },
      { tenant_id: null, name: "member", is_system: true, description: "Works in a tenant", permissions: ["conversations:write", "artifacts:write"] },
      { tenant_id: null, name: "viewer", is_system: true, description: "Reads in a tenant", permissions: ["conversations:read", "artifacts:read"] },
    ],
    { key: ["tenant_id", "name"] },
  );
}
