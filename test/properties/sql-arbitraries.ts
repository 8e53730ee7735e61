/** SQL made at random: literals and comments of every kind, and statements that PostgreSQL's parser accepts. */
import * as fc from "fast-check";

/** Everything that could be taken for the end of something. */
const tricky: fc.Arbitrary<string> = fc.constantFrom(
  ";",
  "'",
  '"',
  "$",
  "$$",
  "$a$",
  "--",
  "/*",
  "*/",
  "\\",
  "(",
  ")",
  "\n",
  "\r\n",
  "begin atomic",
  "end",
  "case",
);
const plain: fc.Arbitrary<string> = fc.string({ unit: fc.constantFrom(...Array.from("abcXYZ019 _.,é漢😀\t")), maxLength: 4 });
const content: fc.Arbitrary<string> = fc.array(fc.oneof(tricky, plain), { maxLength: 6 }).map((pieces) => pieces.join(""));

const doubled =
  (quote: string) =>
  (text: string): string =>
    `${quote}${text.replaceAll(quote, quote + quote)}${quote}`;

const standardString: fc.Arbitrary<string> = content.map(doubled("'"));
const escaped: fc.Arbitrary<string> = fc
  .array(fc.oneof(fc.constantFrom("\\'", "''", "\\\\", "\\n", "\\;", ";", "--", "/*", "$$", '"', "\n"), plain), { maxLength: 6 })
  .map((pieces) => pieces.join(""));
const escapeString: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom("E", "e"), fc.array(escaped, { minLength: 1, maxLength: 3 }), fc.constantFrom("\n", " \n", "\r\n\t", "\n\n  "))
  .map(([prefix, parts, newLine]) => `${prefix}${parts.map((part) => `'${part}'`).join(newLine)}`);
const unicodePieces: fc.Arbitrary<string> = fc
  .array(fc.oneof(fc.constantFrom("\\0441", "\\+01F600", "\\\\", ";", "--", "$$", "/*"), plain), { minLength: 1, maxLength: 4 })
  .map((pieces) => pieces.join(""));
const bits: fc.Arbitrary<string> = fc.constantFrom("B'0101'", "b'1'", "X'1F'", "x'ff'", "N'it''s; '", "n'a'");

/** A dollar-quoted text whose delimiter does not occur in it. */
export const dollarQuoted: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom("$$", "$a$", "$body$", "$_1$", "$é$", "$A$"), content)
  .filter(([tag, text]) => `${text}${tag}`.indexOf(tag) === text.length)
  .map(([tag, text]) => `${tag}${text}${tag}`);

export const stringLiteral: fc.Arbitrary<string> = fc.oneof(
  standardString,
  escapeString,
  unicodePieces.map((text) => `U&'${text}'`),
  dollarQuoted,
  // Two strings in two lines are one.
  fc.tuple(standardString, fc.constantFrom("\n", " \r\n "), standardString).map((parts) => parts.join("")),
);

/** A name that no keyword is equal to. */
export const name: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: fc.constantFrom(...Array.from("abz_$é漢9")), minLength: 1, maxLength: 4 }).map((text) => `n${text}`),
  content.filter((text) => text !== "").map(doubled('"')),
  fc.constantFrom('U&"d\\0061t;a"', 'u&"a""b"', '"case"', '"END"'),
);

const blockComment: fc.Arbitrary<string> = fc.letrec<{ comment: string }>((tie) => ({
  comment: fc
    .array(fc.oneof({ depthSize: "small" }, fc.constantFrom(";", "'", '"', "$$", "--", "\n", " x ", "E'\\'", "\\"), tie("comment")), {
      maxLength: 4,
    })
    .map((pieces) => `/* ${pieces.join(" ")} */`),
})).comment;
const lineComment: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom("--", "--;", "-- it's", '-- "', "--$$", "-- /*", "-- */", "-- (", "--- begin"),
    fc.constantFrom("\n", "\r\n", "\r"),
  )
  .map((parts) => parts.join(""));

/** What may stand between two tokens: at least one blank, and comments. */
export const gap: fc.Arbitrary<string> = fc
  .array(fc.oneof({ weight: 4, arbitrary: fc.constantFrom("", " ", "\n", "\t", "\r\n") }, blockComment, lineComment), { maxLength: 3 })
  .map((pieces) => ` ${pieces.join(" ")} `);

/** Tokens with a gap between each. */
const spaced = (...parts: readonly (string | fc.Arbitrary<string>)[]): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.tuple(...parts.map((part) => (typeof part === "string" ? fc.constant(part) : part))),
      fc.array(gap, { minLength: parts.length, maxLength: parts.length }),
    )
    .map(([tokens, gaps]) => tokens.map((token, i) => (i === 0 ? token : `${gaps[i]}${token}`)).join(""));

const scalar: fc.Arbitrary<string> = fc.oneof(
  stringLiteral,
  bits,
  fc.constantFrom(
    "1",
    "-2.5e3",
    "null",
    "a.b",
    "$1",
    "(1 + 2)",
    "array[1, 2]",
    "x <> y",
    "j -> 'a' ->> 'b;'",
    "case when a then 'b' else c end",
  ),
);
const select: fc.Arbitrary<string> = fc
  .array(fc.tuple(scalar, fc.option(name)), { minLength: 1, maxLength: 3 })
  .chain((columns) => spaced("select", columns.map(([value, label]) => (label === null ? value : `${value} as ${label}`)).join(" , ")));
const several = (statements: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.array(statements, { minLength: 1, maxLength: 3 }).map((list) => list.map((one) => `${one};`).join(" "));
const insert: fc.Arbitrary<string> = spaced("insert", "into", name, "values", "(", scalar, ",", scalar, ")");

/** One statement that PostgreSQL's parser accepts, from its first token to its last. */
export const statement: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: select },
  insert,
  spaced("comment", "on", "table", name, "is", stringLiteral),
  spaced("do", dollarQuoted),
  spaced("create", "table", name, "(", name, "text", "default", stringLiteral, ",", "check", "(", "(", scalar, ")", "is", "null", ")", ")"),
  spaced("create", "or", "replace", "function", name, "(", ")", "returns", "int", "language", "plpgsql", "as", dollarQuoted),
  spaced("create", "function", name, "(", ")", "returns", "int", "begin", "atomic", several(select), "end"),
  spaced(
    "CREATE",
    "OR",
    "REPLACE",
    "PROCEDURE",
    name,
    "(",
    name,
    "int",
    "default",
    "1",
    ")",
    "BEGIN",
    "ATOMIC",
    several(fc.oneof(select, insert)),
    "END",
  ),
  spaced("create", "function", name, "(", ")", "returns", "int", "return", "(", select, ")"),
  spaced("create", "rule", name, "as", "on", "insert", "to", name, "do", "also", "(", insert, ";", insert, ")"),
  fc.constantFrom("begin", "end", "commit", "rollback", "set a = 'b;c'", "savepoint begin_atomic", "truncate atomic"),
);
