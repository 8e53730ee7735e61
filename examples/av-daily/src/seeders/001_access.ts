/** Roles, permissions, and who may do what: the same everywhere, and as little as possible for tests. */
import { defineSeeder } from "pgsteward/seed";
import { basicAccess, fullAccess, roles } from "../datasets/access.ts";

export default defineSeeder({
  category: "access",
  productionSafe: true,
  async run(seed) {
    const access = seed.environment === "testing" ? basicAccess : fullAccess;
    await seed.upsert(
      "public.roles",
      access.roles.map((name) => ({ name, description: roles[name] })),
      { key: ["name"] },
    );
    await seed.upsert(
      "public.permissions",
      access.permissions.map(([resource, action, description]) => ({ resource, action, description })),
      { key: ["resource", "action"] },
    );
    const grants = access.permissions.flatMap(([resource, action, , ...names]) =>
      access.roles.filter((name) => names.includes(name)).map((role) => ({ role, resource, action })),
    );
    const { rows } = await seed.session.query<{ role_id: string; permission_id: string }>(
      `select r.id as role_id, p.id as permission_id
       from jsonb_to_recordset($1) g (role text, resource text, action text)
         join public.roles r on r.name = g.role
         join public.permissions p on p.resource = g.resource and p.action = g.action`,
      [JSON.stringify(grants)],
    );
    await seed.upsert("public.role_permissions", rows, { key: ["role_id", "permission_id"] });
  },
});
