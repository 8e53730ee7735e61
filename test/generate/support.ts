/** A project with a declared schema: its files, its packages, and a steward on a database of its own. */
import { execFile } from "node:child_process";
import { readdir, readFile, symlink } from "node:fs/promises";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { promisify } from "node:util";
import { readCatalog } from "../../src/core/catalog.ts";
import type { ConfigInput } from "../../src/core/config.ts";
import type { Session } from "../../src/core/engine.ts";
import type { GenerateOptions, GenerateResult } from "../../src/migrate/index.ts";
import type { Steward } from "../../src/steward.ts";
import { type Project, project, writeFiles } from "../support/migrate-project.ts";
import { freshDatabase, root } from "../support/migrate-server.ts";

export interface Declared extends Project {
  readonly it: Steward;
  /** A session on the project's database. */
  readonly session1: Session;
  /** Writes into the project. */
  put(files: Readonly<Record<string, string>>): Promise<void>;
  /** Replaces in a file of the project what must be there. */
  edit(path: string, from: string, to: string): Promise<void>;
  generate(options: GenerateOptions): Promise<GenerateResult>;
  /** Applies what is pending, on the project's database. */
  up(): Promise<void>;
  text(path: string): Promise<string>;
}

export interface DeclaredOptions {
  /** A folder of packages, or none. Default: this repository's. */
  readonly modules?: string | null;
  readonly config?: ConfigInput;
}

export async function declared(
  t: TestContext,
  files: Readonly<Record<string, string>>,
  { modules = join(root, "node_modules"), config = {} }: DeclaredOptions = {},
): Promise<Declared> {
  const p = await project(t);
  const put = (more: Readonly<Record<string, string>>): Promise<void> => writeFiles(p.dir, more);
  await put({ "package.json": '{ "name": "declared", "private": true, "type": "module" }\n', ...files });
  if (modules !== null) await symlink(modules, join(p.dir, "node_modules"));
  const it = await p.steward(config);
  const text = (path: string): Promise<string> => readFile(join(p.dir, path), "utf8");
  return {
    ...p,
    it,
    session1: await p.session(),
    put,
    edit: async (path, from, to) => {
      const before = await text(path);
      if (!before.includes(from)) throw new Error(`${path} has no ${from}`);
      await put({ [path]: before.replaceAll(from, to) });
    },
    generate: (options) => it.migrate.generate(options),
    up: async () => void (await it.migrate.up()),
    text,
  };
}

let first: Promise<string> | undefined;

/** The savings club with its first migration, which is generated once for all tests of a file. */
export async function withFirst(t: TestContext): Promise<Declared> {
  const p = await declared(t, savingsClub);
  first ??= p.generate({ name: "first" }).then(({ path }) => readFile(path ?? "", "utf8"));
  await p.write({ "001_first.sql": await first });
  return p;
}

/** The catalog's objects of some kinds, as `kind name`. */
export async function objectsIn(session: Session, ...kinds: readonly string[]): Promise<string[]> {
  return (await readCatalog(session)).objects.filter(({ kind }) => kinds.includes(kind)).map(({ kind, name }) => `${kind} ${name}`);
}

export const filesIn = async (dir: string): Promise<string[]> => (await readdir(dir)).sort();

/** What drizzle-kit's command line does in a project; its output. */
export async function drizzleKit(dir: string, ...words: readonly string[]): Promise<string> {
  const script = join(dir, "node_modules", "drizzle-kit", "bin.cjs");
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [script, ...words], {
    cwd: dir,
    env: { PATH: process.env["PATH"] },
  });
  return stdout + stderr;
}

/** The fingerprint of what a script makes in an empty database. */
export async function fingerprintOf(t: TestContext, sql: string): Promise<string> {
  const database = await freshDatabase(t);
  const session = await database.session();
  await session.script(sql);
  return (await readCatalog(session)).fingerprint;
}

/** Of the project's schema as it stands, by drizzle-kit's own SQL for all of it. */
export async function declaredFingerprint(t: TestContext, p: Declared): Promise<string> {
  const name = `own${(await filesIn(p.dir)).length}`;
  await p.put({ "own.config.ts": (await p.text("drizzle.config.ts")).replace("./drizzle", `./${name}`) });
  await drizzleKit(p.dir, "generate", "--config", "own.config.ts", "--name", "whole");
  const [first = ""] = await filesIn(join(p.dir, name));
  const path = first.endsWith(".sql") ? first : join(first, "migration.sql");
  return fingerprintOf(t, await readFile(join(p.dir, name, path), "utf8"));
}

export const drizzleConfig = (schema: string, more = ""): string =>
  `import { defineConfig } from "drizzle-kit";\nexport default defineConfig({ dialect: "postgresql", schema: ${schema}, out: "./drizzle"${more} });\n`;

const users = `import { sql } from "drizzle-orm";
import { boolean, check, index, integer, pgEnum, pgTable, text, timestamp, uniqueIndex, uuid, varchar } from "drizzle-orm/pg-core";

export const kycTier = pgEnum("kyc_tier", ["none", "basic", "full"]);

export const users = pgTable("users", {
  id: uuid("id").primaryKey().defaultRandom(),
  email: varchar("email", { length: 320 }).notNull().unique(),
  name: text("name"),
  tier: kycTier("tier").notNull().default("none"),
  age: integer("age"),
  isActive: boolean("is_active").notNull().default(true),
  createdAt: timestamp("created_at", { withTimezone: true }).notNull().defaultNow(),
}, (t) => [
  check("age_is_possible", sql\`\${t.age} between 0 and 150\`),
  index("users_created_idx").on(t.createdAt.desc()),
  uniqueIndex("users_lower_email_idx").on(sql\`lower(\${t.email})\`),
]);
`;

const money = `import { sql } from "drizzle-orm";
import { bigint, bigserial, date, index, jsonb, numeric, pgTable, pgView, primaryKey, text, uuid } from "drizzle-orm/pg-core";
import { users } from "./users";

export const wallets = pgTable("wallets", {
  id: bigserial("id", { mode: "number" }).primaryKey(),
  owner: uuid("owner").notNull().references(() => users.id, { onDelete: "cascade" }),
  balance: numeric("balance", { precision: 12, scale: 2 }).notNull().default("0"),
  labels: jsonb("labels").notNull().default([]),
}, (t) => [index("wallets_owner_idx").on(t.owner).where(sql\`\${t.balance} > 0\`)]);

export const plans = pgTable("savings_plans", {
  id: bigint("id", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
  wallet: bigint("wallet", { mode: "number" }).notNull().references(() => wallets.id),
  goal: text("goal").notNull(),
  starts: date("starts").notNull(),
  ends: date("ends"),
});

export const members = pgTable("plan_members", {
  plan: bigint("plan", { mode: "number" }).notNull().references(() => plans.id, { onDelete: "cascade" }),
  member: uuid("member").notNull().references(() => users.id, { onDelete: "cascade" }),
}, (t) => [primaryKey({ columns: [t.plan, t.member] })]);

export const richest = pgView("richest").as((qb) => qb.select({ owner: wallets.owner }).from(wallets).where(sql\`\${wallets.balance} > 1000\`));
`;

/** A savings club: enums, keys between tables, checks, defaults, partial and expression indexes, a view, two files. */
export const savingsClub: Readonly<Record<string, string>> = {
  "drizzle.config.ts": drizzleConfig('"./src/schema/*.ts"'),
  "src/schema/users.ts": users,
  "src/schema/money.ts": money,
};

/** The savings club with drizzle-kit's own first migration in drizzle's folder. */
export async function inDrizzlesFolder(t: TestContext, options: DeclaredOptions = {}): Promise<Declared> {
  const p = await declared(t, savingsClub, { config: { migrate: { dir: "drizzle" } }, ...options });
  await drizzleKit(p.dir, "generate", "--name", "init");
  return p;
}
