/** Roles, permissions, and who may do what: the same everywhere, and as little as possible for tests. */
import { defineSeeder } from "pgsteward/seed";
import { basicAccess, fullAccess, roles } from "../datasets/access.ts";

export default defineSeeder({
  category: "access",
  productionSafe: true,
  async run(seed) {
    const access = seed.environment === "testing" ? basicAccess : fullAccess;
    const roleRows = await seed.upsert<{ id: string; name: string }>(
      "public.roles",
      access.roles.map((name) => ({ name, description: roles[name] })),
      { key: ["name"] },
    );
    const permissionRows = await seed.upsert<{ id: string }>(
      "public.permissions",
      access.permissions.map(([resource, action, description]) => ({ resource, action, description })),
      { key: ["resource", "action"] },
    );
    const grants = access.permissions.flatMap(([, , , ...names], i) =>
      roleRows
        .filter(({ name }) => names.some((known) => known === name))
        .map(({ id }) => ({ role_id: id, permission_id: permissionRows[i]?.id })),
    );
    await seed.upsert("public.role_permissions", grants, { key: ["role_id", "permission_id"] });
  },
});
