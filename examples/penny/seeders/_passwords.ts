import type { SeedContext } from "pgsteward/seed";

/** bcrypt, made by pgcrypto, which 001_initial_schema installs. */
export async function bcrypt({ session }: SeedContext, password: string, rounds = 12): Promise<string> {
  const { rows } = await session.query<{ hash: string }>("SELECT crypt($1, gen_salt('bf', $2::int)) AS hash", [password, rounds]);
  return rows[0]?.hash ?? "";
}
