/** What `migrate diff` prints: differences by the object that they are about, or SQL and nothing else. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { diffView } from "../../src/cli/render-diff.ts";
import type { DiffResult } from "../../src/migrate/index.ts";

const plain = (_: unknown, text: string): string => text;
const result: DiffResult = {
  from: "database",
  to: "files",
  differences: [
    { change: "create", kind: "table", name: "public.posts", parent: "schema public", lines: [], children: 4 },
    {
      change: "alter",
      kind: "column",
      name: "public.users.id",
      parent: "table public.users",
      lines: ["- not null", "+ default 0"],
      children: 0,
    },
    { change: "drop", kind: "index", name: "public.users_name", parent: "table public.users", lines: [], children: 0 },
    { change: "alter", kind: "sequence", name: "public.users_id_seq", parent: "column public.users.id", lines: [], children: 0 },
    { change: "create", kind: "grant", name: "table public.users to reader", parent: "table public.users", lines: [], children: 0 },
    { change: "drop", kind: "extension", name: "citext", parent: null, lines: [], children: 1 },
  ],
  sql: null,
  proved: false,
  where: "scratch native 18.4",
};

test("differences are grouped and aligned", () => {
  assert.equal(
    diffView(result, plain),
    `schema public
  + table      posts and 4 that belong to it

table public.users
  ~ column     id
               - not null
               + default 0
  - index      users_name
  ~ sequence   users_id_seq
  + grant      to reader

database
  - extension  citext and 1 that belongs to it

from the database to the files: 2 to create, 2 to alter, 2 to drop (compared on scratch native 18.4)`,
  );
  assert.equal(
    diffView({ ...result, differences: [] }, plain),
    "the database and the files have the same schema (compared on scratch native 18.4)",
  );
});

test("with --sql there is only SQL, and a comment that says whether it was proved", () => {
  const sql = "DROP INDEX public.users_name;";
  assert.equal(
    diffView({ ...result, sql, proved: true }, plain),
    `-- from the database to the files\n-- proved on scratch native 18.4: run from the first, it ends in the second\n\n${sql}`,
  );
  assert.match(diffView({ ...result, sql, proved: false }, plain), /^-- from the database to the files\n-- NOT PROVED on /);
  assert.match(diffView({ ...result, differences: [], sql: "", proved: true }, plain), /^-- .*: nothing to do/);
});
