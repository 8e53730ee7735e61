/** Statements and lines, by example; test/properties has the rest. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { lineOf, scanStatements, splitStatements } from "../../src/core/sql-text.ts";

const texts = (source: string): string[] => splitStatements(source).map(({ text }) => text);

const splits: Readonly<Record<string, readonly [source: string, statements: readonly string[]]>> = {
  nothing: ["", []],
  "only comments": ["-- a; b\n/* c; /* d; */ */ ;;", []],
  two: ["select 1; select 2;", ["select 1", "select 2"]],
  "no last semicolon": ["select 1;\nselect 2 -- end", ["select 1", "select 2"]],
  strings: ["select 'a;b''c;'; select E'it\\'s;'; select \"a;\"\"b\";", ["select 'a;b''c;'", "select E'it\\'s;'", 'select "a;""b"']],
  "a backslash in a plain string": ["select 'a\\'; select 2", ["select 'a\\'", "select 2"]],
  "other strings": [
    "select B'0;1'; select N';'; select U&'\\;' ; select U&\"d;\"",
    ["select B'0;1'", "select N';'", "select U&'\\;'", 'select U&"d;"'],
  ],
  "an E string over two lines": ["select E'a\\''\n  'b\\';c'; select 2", ["select E'a\\''\n  'b\\';c'", "select 2"]],
  "dollar quotes": ["do $$ a; $b$ ; $b$ $$; do $x$ $$;$$ $x$; select 1", ["do $$ a; $b$ ; $b$ $$", "do $x$ $$;$$ $x$", "select 1"]],
  "a parameter is no dollar quote": ["select $1; select a$b$c; select 2", ["select $1", "select a$b$c", "select 2"]],
  "a rule with two actions": [
    "create rule r as on insert to a do (select 1; select 2); select 3",
    ["create rule r as on insert to a do (select 1; select 2)", "select 3"],
  ],
  "a standard body": [
    "create or replace function f(a int) returns int begin atomic select case when a > 0 then 1 end; select (case a when 1 then 2 end); end; select 1",
    [
      "create or replace function f(a int) returns int begin atomic select case when a > 0 then 1 end; select (case a when 1 then 2 end); end",
      "select 1",
    ],
  ],
  "words of a body that are names": [
    "create function f(begin int) returns int language sql as $$ select 1 $$; create procedure p() begin atomic select 1 as end; select t.case from t; end; select 2",
    [
      "create function f(begin int) returns int language sql as $$ select 1 $$",
      "create procedure p() begin atomic select 1 as end; select t.case from t; end",
      "select 2",
    ],
  ],
  "BEGIN of a transaction is a statement": ["begin; insert into a values (1); end;", ["begin", "insert into a values (1)", "end"]],
  "a psql command": ["select 1;\n\\d users\nselect 2;", ["select 1", "\\d users", "select 2"]],
  "lone CRs": ["-- a;\rselect 1;\rselect 2", ["select 1", "select 2"]],
  "a byte order mark": ["\ufeffselect 1", ["select 1"]],
  "names of any letters": ["select größe; select 名;select 🐘", ["select größe", "select 名", "select 🐘"]],
};

for (const [what, [source, statements]] of Object.entries(splits)) {
  test(`statements: ${what}`, () => {
    assert.deepEqual(texts(source), statements);
    for (const { text, start, end } of splitStatements(source)) assert.equal(source.slice(start, end), text);
  });
}

for (const [source, where] of [
  ["select 'a", 7],
  ["select E'a\\'", 7],
  ['select "a', 7],
  ["do $$ a $b$", 3],
  ["select 1; /* a /* b */", 10],
  ["select 'a'", undefined],
  ["do $$ ' $$; -- '", undefined],
  ["/* ' */ select 1", undefined],
] as const) {
  test(`what is not closed is found where it begins: ${source}`, () => assert.equal(scanStatements(source).unclosed, where));
}

test("tokens: words in upper case, names and strings without their quotes", () => {
  const [statement] = splitStatements("Create Index \"My\"\"Index\" on a.B ('it''s', $x$d$x$) -- end");
  assert.deepEqual(
    statement?.tokens.map(({ kind, value }) => `${kind} ${value}`),
    [
      "word CREATE",
      "word INDEX",
      'name My"Index',
      "word ON",
      "word A",
      "symbol .",
      "word B",
      "symbol (",
      "text it's",
      "symbol ,",
      "text d",
      "symbol )",
    ],
  );
});

test("lines and columns begin at 1", () => {
  assert.deepEqual(lineOf("ab\ncd", 0), { line: 1, column: 1 });
  assert.deepEqual(lineOf("ab\ncd", 2), { line: 1, column: 3 });
  assert.deepEqual(lineOf("ab\ncd", 3), { line: 2, column: 1 });
  assert.deepEqual(lineOf("ab\ncd", 99), { line: 2, column: 3 });
  assert.deepEqual(lineOf("", -1), { line: 1, column: 1 });
});
