/** Statements: what is joined by semicolons is split again, and PostgreSQL's own parser sees the same boundaries. */
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import * as fc from "fast-check";
import { hasSqlDetails, loadModule, parseSync, type ScanToken, scanSync } from "libpg-query";
import { scanStatements, splitStatements } from "../../src/core/sql-text.ts";
import { root } from "../support/migrate-server.ts";
import { testDatabase } from "../support/testDatabase.ts";
import { gap, statement, stringLiteral } from "./sql-arbitraries.ts";

before(loadModule);
const { session } = await testDatabase();

const texts = (source: string): string[] => splitStatements(source).map(({ text }) => text);

/** Statements, each with what stands before it, and what stands behind the last. */
const file = fc
  .tuple(fc.array(fc.tuple(gap, fc.option(statement, { freq: 6 }), gap), { maxLength: 5 }), fc.boolean())
  .map(([parts, closed]) => {
    const source = parts.map(([left, text, right]) => `${left}${text ?? ""}${right}`).join(";");
    return { source: closed ? `${source};` : source, statements: parts.flatMap(([, text]) => text ?? []) };
  });

test("what was joined by semicolons is split again, to the character", () => {
  fc.assert(
    fc.property(file, ({ source, statements }) => {
      const { statements: found, unclosed } = scanStatements(source);
      assert.deepEqual(
        found.map(({ text }) => text),
        statements,
      );
      assert.equal(unclosed, undefined);
      for (const { text, start, end, tokens } of found) {
        assert.equal(source.slice(start, end), text);
        assert.equal(tokens[0]?.start, start);
        for (const [i, token] of tokens.entries()) assert.ok(token.start >= (tokens[i - 1]?.start ?? start) && token.start < end);
      }
    }),
    { numRuns: 400 },
  );
});

/** libpg-query counts bytes of UTF-8, JavaScript counts UTF-16 code units. */
function codeUnits(source: string): (offset: number) => number {
  const bytes = Buffer.from(source);
  return (offset) => bytes.subarray(0, offset).toString().length;
}

/** The tokens of PostgreSQL's own lexer, without comments; undefined where it refuses the text. */
function pgTokens(source: string): readonly ScanToken[] | undefined {
  if (source === "") return [];
  const at = codeUnits(source);
  const all = orUndefined(() => scanSync(source).tokens);
  return all
    ?.filter(({ tokenName }) => tokenName !== "SQL_COMMENT" && tokenName !== "C_COMMENT")
    .map((token) => ({ ...token, start: at(token.start), end: at(token.end) }));
}

/** The statements that PostgreSQL's own parser finds, each from its first token to its last; undefined where it refuses the text. */
function pgStatements(source: string): readonly string[] | undefined {
  const at = codeUnits(source);
  const tokens = pgTokens(source);
  const stmts = orUndefined(() => (source.trim() === "" ? [] : (parseSync(source).stmts ?? [])));
  return stmts?.map(({ stmt_location: from = 0, stmt_len: length }) => {
    const [start, end] = [at(from), length === undefined ? source.length : at(from + length)];
    const own = tokens?.filter((token) => token.start >= start && token.end <= end) ?? [];
    return source.slice(own[0]?.start, own.at(-1)?.end);
  });
}

function orUndefined<T>(body: () => T): T | undefined {
  try {
    return body();
  } catch (error) {
    // libpg-query's scan reads its own error message as JSON.
    if (hasSqlDetails(error) || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

test("PostgreSQL's parser finds the same statements in generated SQL", () => {
  fc.assert(
    fc.property(file, ({ source }) => assert.deepEqual(texts(source), pgStatements(source))),
    { numRuns: 300 },
  );
});

const corpus = globSync(["examples/**/*.sql", "sql/**/*.sql", "test/migrate/layouts/fixtures/**/*.sql"], {
  cwd: root,
  exclude: ["**/node_modules"],
}).sort();
/** Statements parted by `--> statement-breakpoint` alone. */
const notSql = /drizzle.*seed-roles/;

test("PostgreSQL's parser finds the same statements in real files, whatever their line ends", (t) => {
  let statements = 0;
  const files = corpus.filter((path) => !notSql.test(path));
  for (const path of files) {
    for (const lineEnd of ["\n", "\r\n", "\r"]) {
      const source = readFileSync(join(root, path), "utf8").replaceAll(/\r?\n/g, lineEnd);
      const expected = pgStatements(source);
      assert.deepEqual(texts(source), expected, `${path} with ${JSON.stringify(lineEnd)}`);
      statements += expected?.length ?? 0;
    }
  }
  t.diagnostic(`${files.length} files, ${statements / 3} statements`);
  assert.ok(files.length >= 50 && statements >= 2400);
});

/** Pieces that a lexer trips over, in any order. */
const soup = fc
  .array(
    fc.constantFrom(
      ...Array.from("'\"$;-/*\\\n\r Ee&Uxb1a.:<=@|#+_é"),
      "''",
      '""',
      "$$",
      "$a$",
      "--",
      "/*",
      "*/",
      "E'",
      "U&'",
      'U&"',
      "\\'",
      "'\n'",
    ),
    {
      maxLength: 30,
    },
  )
  .map((pieces) => pieces.join(""));

/** What lies between the semicolons that are tokens. */
function betweenSemicolons(source: string, tokens: readonly ScanToken[]): string[] {
  const groups: ScanToken[][] = [[]];
  for (const token of tokens) {
    if (token.text === ";") groups.push([]);
    else groups.at(-1)?.push(token);
  }
  return groups.filter((group) => group.length > 0).map((group) => source.slice(group[0]?.start, group.at(-1)?.end));
}

/**
 * A comment between the two lines of one string, which ends it for libpg-query and not for a server; letters at a parameter's
 * number, which only PostgreSQL 14 takes. A backslash that begins a statement is psql's.
 */
const seenOtherwise = /'\s*--|\$\d+[\w\u0080-\uffff]/;

test("PostgreSQL's lexer agrees about every soup of characters that it accepts", (t) => {
  let [accepted, all] = [0, 0];
  fc.assert(
    fc.property(soup, (source) => {
      all++;
      const tokens = pgTokens(source);
      const own = texts(source);
      if (!tokens || own.some((text) => text.startsWith("\\")) || seenOtherwise.test(source)) return;
      accepted++;
      assert.deepEqual(own, betweenSemicolons(source, tokens));
    }),
    { numRuns: 3000 },
  );
  t.diagnostic(`${accepted} of ${all} accepted`);
  assert.ok(accepted > 100);
});

test("whatever the text, the statements lie in it one behind the other, and each is one", () => {
  const words = fc.constantFrom(
    "create function ",
    "create ",
    "or replace ",
    "procedure ",
    "begin atomic ",
    "end ",
    "case ",
    "as ",
    "(",
    ")",
    ";",
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(soup, words), { maxLength: 8 }), (pieces) => {
      const source = pieces.join("");
      const { statements, unclosed } = scanStatements(source);
      let behind = 0;
      for (const { text, start, end } of statements) {
        assert.ok(start >= behind && end > start);
        assert.equal(source.slice(start, end), text);
        behind = end;
        if (unclosed === undefined) assert.deepEqual(texts(text), [text]);
      }
    }),
    { numRuns: 1000 },
  );
});

/** What a server answers to the text, statement by statement. */
const answers = async (text: string): Promise<unknown[]> => (await session.script(text)).map(({ rows }) => rows[0]?.["text"]);

async function answeredAlike(literals: readonly string[]): Promise<void> {
  const source = literals.map((literal) => `select ${literal} as text`).join(";");
  const [whole, each] = [await answers(source), texts(source)];
  assert.equal(each.length, literals.length, source);
  for (const [i, text] of each.entries()) assert.deepEqual(await answers(text), [whole[i]], text);
}

test("a server answers the same to a text and to its statements one by one", async () => {
  const list = fc.array(stringLiteral, { minLength: 1, maxLength: 4 });
  await fc.assert(fc.asyncProperty(list, answeredAlike), { numRuns: 100 });
});

test("E'…' keeps its escapes behind a comment and a new line", {}, async () => {
  const between = fc.constantFrom(" -- c\n", "\n-- it's\n ", "--\n\n", "\n --;\n --\n");
  const continued = fc.tuple(stringLiteral, between).map(([first, gap]) => `${first.startsWith("E'") ? first : "E'a'"}${gap}'\\';b'`);
  await fc.assert(fc.asyncProperty(fc.array(continued, { minLength: 1, maxLength: 3 }), answeredAlike), { numRuns: 50 });
});
