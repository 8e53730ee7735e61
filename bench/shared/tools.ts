/** The tools that are measured: the folder that each of them reads, and how it is started. */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Migration } from "./corpus.ts";
import { scriptOf } from "./corpus.ts";
import type { Program } from "./measure.ts";
import { checkout, type Project, programs } from "./workspace.ts";

export interface Tool {
  readonly name: string;
  /** Writes the migrations in the tool's own format into an empty directory. */
  write(dir: string, migrations: readonly Migration[]): void;
  /** Applies what is pending. */
  up(dir: string, url: string): Program;
}

const textOf = ({ statements }: Migration): string => statements.map((sql) => `${sql};\n`).join("");
const padded = (number: number, digits: number): string => String(number).padStart(digits, "0");

export function pgsteward(project: Project, name = "pgsteward", flags: readonly string[] = []): Tool {
  return {
    name,
    write(dir, migrations) {
      for (const one of migrations) writeFileSync(join(dir, `${padded(one.number, 4)}_${one.name}.sql`), textOf(one));
    },
    up: (dir, url) => project.pgsteward(["migrate", "up", "--yes", "--dir", dir, ...flags], { DATABASE_URL: url }),
  };
}

const hasPsql = spawnSync("psql", ["--version"]).status === 0;

/** `psql -f` of all the SQL in one file, or a small client that does the same. */
export const script: Tool = {
  name: hasPsql ? "psql -f" : "a pg client doing what psql -f does (no psql here)",
  write: (dir, migrations) => writeFileSync(join(dir, "all.sql"), scriptOf(migrations)),
  up: (dir, url) =>
    hasPsql
      ? { program: "psql", args: ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", join(dir, "all.sql"), url] }
      : { program: "node", args: [join(programs, "psql-f.mjs"), join(dir, "all.sql"), url] },
};

/** Its default: all pending files in one transaction. `--no-single-transaction` has one each. */
export function nodePgMigrate(name: string, flags: readonly string[]): Tool {
  return {
    name,
    write(dir, migrations) {
      for (const one of migrations) {
        const file = join(dir, `${1_700_000_000_000 + one.number}_${one.name.replaceAll("_", "-")}`);
        const call = one.statements.map((sql) => `  pgm.sql(${JSON.stringify(sql)});\n`).join("");
        if (one.bare) writeFileSync(`${file}.mjs`, `export const up = (pgm) => {\n  pgm.noTransaction();\n${call}};\n`);
        else writeFileSync(`${file}.sql`, `-- Up Migration\n${textOf(one)}`);
      }
    },
    up: (dir, url) => ({
      program: "node",
      args: [join(checkout, "node_modules/node-pg-migrate/bin/node-pg-migrate.js"), "up", "-m", dir, "--verbose=false", ...flags],
      cwd: dir,
      env: { DATABASE_URL: url },
    }),
  };
}

export const drizzle: Tool = {
  name: "drizzle-orm migrate()",
  write(dir, migrations) {
    mkdirSync(join(dir, "meta"));
    const entries = migrations.map(({ number, name }) => ({
      idx: number - 1,
      version: "7",
      when: 1_700_000_000_000 + number,
      tag: `${padded(number - 1, 4)}_${name}`,
      breakpoints: true,
    }));
    writeFileSync(join(dir, "meta/_journal.json"), JSON.stringify({ version: "7", dialect: "postgresql", entries }));
    migrations.forEach(({ statements }, i) => {
      writeFileSync(join(dir, `${entries[i]?.tag}.sql`), statements.map((sql) => `${sql};`).join("--> statement-breakpoint\n"));
    });
  },
  up: (dir, url) => ({ program: "node", args: [join(programs, "drizzle-up.mjs"), dir, url] }),
};

/** Its binary itself, without the Node script that npm puts before it. */
export const dbmate: Tool = {
  name: "dbmate",
  write(dir, migrations) {
    for (const one of migrations) {
      const head = `-- migrate:up${one.bare ? " transaction:false" : ""}\n`;
      writeFileSync(join(dir, `${20_260_101_000_000 + one.number}_${one.name}.sql`), `${head}${textOf(one)}\n-- migrate:down\n`);
    }
  },
  up: (dir, url) => ({ program: dbmateBinary(), args: ["--no-dump-schema", "-d", dir, "-u", url, "migrate"], cwd: dir }),
};

const require = createRequire(import.meta.url);

/** The other migration tools, as far as they are installed here. */
export function otherTools(say: (text: string) => void): readonly Tool[] {
  const tools: readonly [Tool, () => unknown][] = [
    [drizzle, () => require.resolve("drizzle-orm/node-postgres/migrator")],
    [nodePgMigrate("node-pg-migrate, all files in one transaction", []), () => require.resolve("node-pg-migrate/package.json")],
    [
      nodePgMigrate("node-pg-migrate, a transaction each", ["--no-single-transaction"]),
      () => require.resolve("node-pg-migrate/package.json"),
    ],
    [dbmate, dbmateBinary],
  ];
  return tools.flatMap(([tool, find]) => {
    try {
      find();
      return [tool];
    } catch {
      say(`${tool.name} is not installed here`);
      return [];
    }
  });
}

function dbmateBinary(): string {
  const { resolveBinary } = require("dbmate") as { resolveBinary: () => string };
  return resolveBinary();
}
