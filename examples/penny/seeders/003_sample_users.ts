import { randomBytes } from "node:crypto";
import type { SeedContext } from "pgsteward/seed";
import { idOf, sha256 } from "./_ids.ts";
import { bcrypt } from "./_passwords.ts";

export const environments = ["development", "testing", "demo"];
export const category = "samples";
export const after = ["002_default_tenant"];

const people = [
  { email: "ada@penny.local", display_name: "Ada Lovelace", role: "admin", standing: "owner" },
  { email: "grace@penny.local", display_name: "Grace Hopper", role: "member", standing: "editor" },
  { email: "alan@penny.local", display_name: "Alan Turing", role: "viewer", standing: "viewer" },
];

/** Three people with the password PENNY_SAMPLE_PASSWORD (default `penny-sample`), and an API key for the first. */
export async function seedSampleUsers(seed: SeedContext): Promise<void> {
  const { rows: tenants } = await seed.session.query("SELECT t.id, w.id AS workspace_id FROM tenants t JOIN workspaces w ON w.tenant_id = t.id WHERE t.slug = 'default' AND w.is_default");
  const { id: tenant_id, workspace_id } = tenants[0] as { id: string; workspace_id: string };
  const password_hash = await bcrypt(seed, process.env["PENNY_SAMPLE_PASSWORD"] ?? "penny-sample", 10);
  const users = await seed.upsert(
    "users",
    people.map(({ email, display_name }) => ({ tenant_id, email, display_name, status: "active", password_hash })),
    { key: ["tenant_id", "email"], update: false },
  );
  const { rows: roles } = await seed.session.query("SELECT id, name FROM roles WHERE tenant_id IS NULL");
  const roleId = new Map(roles.map(({ id, name }) => [name, id]));
  await seed.upsert(
    "user_roles",
    people.map(({ role }, i) => ({ user_id: users[i]?.id, role_id: roleId.get(role), tenant_id })),
    { key: ["user_id", "role_id"] },
  );
  await seed.upsert(
    "workspace_members",
    people.map(({ standing }, i) => ({ tenant_id, workspace_id, user_id: users[i]?.id, role: standing })),
    { key: ["tenant_id", "workspace_id", "user_id"] },
  );
  const key = `pk_dev_${randomBytes(24).toString("base64url")}`;
  const [stored] = await seed.upsert(
    "api_keys",
    [{ id: idOf("api key", 1), tenant_id, user_id: users[0]?.id, name: "Development", key_prefix: key.slice(0, 12), key_hash: sha256(key), scopes: ["conversations:write"] }],
    { key: ["id"], update: false },
  );
  if (stored?.key_hash === sha256(key)) seed.tell(`API key of ${people[0]?.email}, shown this once: ${key}`);
}
