import { randomBytes } from "node:crypto";
import type { SeedContext } from "pgsteward/seed";
import { bcrypt } from "./_passwords.ts";

export const productionSafe = true;
export const category = "users";

/** The administrator of the platform. The password is PENNY_ADMIN_PASSWORD, or a random one that is told once; there is no default. */
export async function seedAdminUser(seed: SeedContext): Promise<void> {
  const email = process.env["PENNY_ADMIN_EMAIL"] ?? "admin@penny.local";
  const given = process.env["PENNY_ADMIN_PASSWORD"];
  const password = given ?? randomBytes(15).toString("base64url");
  const password_hash = await bcrypt(seed, password);
  const [admin] = await seed.upsert(
    "users",
    [{ tenant_id: null, email, display_name: "Administrator", status: "active", is_system_admin: true, password_hash }],
    // The password may have been changed since.
    { key: ["tenant_id", "email"], update: false },
  );
  if (admin?.password_hash === password_hash && given === undefined) seed.tell(`password of ${email}, shown this once: ${password}`);
}
