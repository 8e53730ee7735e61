/** Downs that bring back the schema and not the data. */
import { reader } from "./support.ts";
import { wrong, type WrongDown } from "./wrong.ts";

export const data: readonly WrongDown[] = [
  wrong("leaves rows behind", "insert into app.codes (code, label) values ('zz', 'ZZ')", "select 1", /app\.codes keeps 1 row/),
  wrong(
    "deletes too few rows",
    "insert into app.codes (code, label) values ('zz', 'ZZ'), ('yy', 'YY')",
    "delete from app.codes where code = 'zz'",
    /app\.codes keeps 1 row/,
  ),
  wrong(
    "deletes too many rows",
    "insert into app.codes (code, label) values ('zz', 'ZZ')",
    "delete from app.codes",
    /app\.codes (?:is|are) deleted/,
    "lossy",
  ),
  wrong(
    "loses the values of a column",
    "alter table app.teams drop column motto",
    "alter table app.teams add column motto text",
    /app\.teams\.motto/,
    "lossy",
  ),
  wrong(
    "loses the rows of a table",
    "drop table app.log",
    `create table app.log (at timestamptz, what text); revoke select on app.log from ${reader}`,
    /app\.log/,
    "lossy",
  ),
  wrong("overwrites values", "update app.teams set motto = 'x'", "select 1", /app\.teams\.motto/, "lossy"),
  wrong(
    "rounds numbers",
    "alter table app.users alter column balance type numeric(12, 0)",
    "alter table app.users alter column balance type numeric(12, 2)",
    /app\.users\.balance/,
    "lossy",
  ),
  wrong(
    "cuts texts",
    "alter table app.teams alter column motto type varchar(5) using left(motto, 5)",
    "alter table app.teams alter column motto type text",
    /app\.teams\.motto/,
    "lossy",
  ),
  wrong(
    "cuts times",
    "alter table app.users alter column created_at type date",
    "alter table app.users alter column created_at type timestamptz",
    /app\.users\.created_at/,
    "lossy",
  ),
  wrong(
    "empties a table on the way",
    "truncate app.log; alter table app.log add column x integer",
    "alter table app.log drop column x",
    /app\.log/,
    "lossy",
  ),
  wrong(
    "changes values that it should bring back",
    "update app.teams set motto = upper(motto)",
    "update app.teams set motto = lower(motto)",
    /app\.teams\.motto/,
    "lossy",
  ),
  wrong(
    "starts a sequence again",
    "drop sequence app.numbers cascade",
    "create sequence app.numbers start 100 increment 5; alter table app.notes alter column number set default nextval('app.numbers')",
    /app\.numbers starts again/,
    "lossy",
  ),
  wrong(
    "deletes children by a cascade",
    "alter table app.users add column x integer",
    "delete from app.users; alter table app.users drop column x",
    /app\.users/,
    "lossy",
  ),
  wrong(
    "leaves two columns swapped",
    "alter table app.teams add column slogan text; update app.teams set slogan = 'x'; alter table app.teams drop column slogan; alter table app.log add column whom text; update app.log set whom = 'w'; alter table app.log rename what to t; alter table app.log rename whom to what; alter table app.log rename t to whom",
    "alter table app.log drop column whom",
    /app\.log\.what/,
    "lossy",
  ),
  wrong(
    "leaves two tables swapped",
    "create table app.other (at timestamptz, what text); alter table app.log rename to t; alter table app.other rename to log; alter table app.t rename to other",
    `drop table app.other; revoke select on app.log from ${reader}`,
    /app\.log/,
    "lossy",
  ),
];
