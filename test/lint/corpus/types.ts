/** Changing a column's type. */
import type { Case } from "./case.ts";

const rewritten = "AE t; rewrite t; scan t; indexes t";
const type = (column: string, to: string, does: string, more: Omit<Case, "sql" | "does"> = {}): Case => ({
  sql: `alter table t alter column ${column} type ${to}`,
  does,
  ...more,
});
/** The view stands in the way of these. */
const noView = { before: "drop view active" };

export const types: readonly Case[] = [
  type("i", "bigint", rewritten, { before: "drop materialized view totals" }),
  type("big", "int", rewritten),
  type("sm", "int", rewritten),
  type("f", "double precision", rewritten),
  type("nn", "bigint", rewritten),
  type("v", "varchar(40)", "AE t", noView),
  type("v", "varchar", "AE t", noView),
  type("v", "text", "AE t", noView),
  type("v", "varchar(10)", rewritten, noView),
  type("v", "text using v", "AE t", noView),
  type("v", "text using trim(v)", rewritten, noView),
  type("spare", "varchar", "AE t"),
  type("spare", "varchar(50)", rewritten),
  type("ch", "char(5)", rewritten),
  type("ch", "text", rewritten),
  type("n", "numeric(12, 2)", "AE t"),
  type("n", "numeric", "AE t"),
  type("n", "numeric(12, 4)", rewritten),
  type("n", "numeric(8, 2)", rewritten),
  type("n", "float", rewritten),
  type("m", "text", rewritten),
  type("j", "jsonb", rewritten),
  type("jb", "json", rewritten),
  type("j", "text", rewritten),
  type("ts", "timestamptz", "AE t", { before: "set timezone = 'UTC'" }),
  type("tz", "timestamp", "AE t", { before: "set timezone = 'UTC'" }),
  type("ts", "timestamptz", rewritten, { before: "set timezone = 'Europe/Berlin'" }),
  type("ts", "timestamptz using ts at time zone 'UTC'", rewritten),
  type("ts", "timestamp(3)", rewritten),
  type("d", "timestamp", rewritten),
  type("tm", "time(3)", "AE t"),
  type("tm", "time", "AE t"),
  type("iv", "interval(3)", "AE t"),
  type("iv", "interval", "AE t"),
  type("bits", "varbit(16)", "AE t"),
  type("bits", "varbit(4)", rewritten),
  type("cd", "inet", "AE t"),
  type("u", "text", rewritten),
  type("dom", "text", "AE t"),
  type("pos", "int", "AE t"),
  type("spare", "plain_text", "AE t"),
  type("i", "positive", rewritten, { before: "drop materialized view totals" }),
  type("arr", "bigint[]", rewritten),
  type("spare", 'text collate "C"', "AE t"),
  type("v", 'varchar(20) collate "C"', "AE t; scan t; build t_v_idx", noView),
  { sql: "alter table t alter column spare type bigint using spare::bigint", does: rewritten },
  {
    sql: "alter table t alter column b type int using b::int",
    does: rewritten,
    before: "drop view active; alter table t alter column b drop default",
  },
  { sql: "alter table child alter column t_id type bigint", does: "AE child; rewrite child; scan child; indexes child; AE t; scan t" },
  { sql: "alter table t alter column id type bigint", does: `${rewritten}; AE child; scan child`, before: "drop view active" },
  {
    // The index of a plain table would keep its file; a partitioned one's children are built anew.
    sql: "alter table events alter column kind type varchar",
    does: "AE events; AE events_2025; AE events_rest; scan events_2025; scan events_rest; indexes events_2025; indexes events_rest",
  },
  {
    sql: "alter table events alter column id type int",
    does: "AE events; AE events_2025; AE events_rest; rewrite events_2025; rewrite events_rest; scan events_2025; scan events_rest; indexes events_2025; indexes events_rest",
  },
];
