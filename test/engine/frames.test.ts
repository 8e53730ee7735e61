/** The wire protocol between pg's client and PGlite, cut anywhere. */
import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { copyFromStdin, Frames, queryFrame, WithoutCopyIn } from "../../src/engines/frames.ts";

const startup = Uint8Array.from([0, 0, 0, 9, 0, 3, 0, 0, 0]);
const frame = (type: string, body: Uint8Array): Uint8Array => {
  const head = Buffer.alloc(5, type);
  head.writeInt32BE(body.length + 4, 1);
  return new Uint8Array(Buffer.concat([head, body]));
};
const messages = fc.array(fc.tuple(fc.constantFrom("Q", "P", "B", "d", "G", "S"), fc.uint8Array({ maxLength: 300 })), { maxLength: 20 });
const cuts = fc.array(fc.integer({ min: 1, max: 400 }), { maxLength: 50 });

function pieces(bytes: Uint8Array, lengths: readonly number[]): Uint8Array[] {
  const parts: Uint8Array[] = [];
  let rest = bytes;
  for (const length of lengths) {
    parts.push(rest.subarray(0, length));
    rest = rest.subarray(length);
  }
  return [...parts, rest];
}

test("messages come out as they went in, wherever the chunks are cut", () => {
  fc.assert(
    fc.property(messages, cuts, (given, lengths) => {
      const expected = [startup, ...given.map(([type, body]) => frame(type, body))];
      const frames = new Frames();
      const actual = pieces(new Uint8Array(Buffer.concat(expected)), lengths).flatMap((chunk) => frames.push(chunk));
      assert.deepEqual(
        actual.map((one) => Buffer.from(one).toString("hex")),
        expected.map((one) => Buffer.from(one).toString("hex")),
      );
    }),
  );
});

test("an answer loses its CopyInResponse and nothing else, wherever it is cut", () => {
  fc.assert(
    fc.property(messages, cuts, (given, lengths) => {
      const all = given.map(([type, body]) => frame(type, body));
      const filter = new WithoutCopyIn();
      const kept = pieces(new Uint8Array(Buffer.concat(all)), lengths).map((piece) => filter.pass(piece));
      const expected = all.filter((one) => one[0] !== "G".charCodeAt(0));
      assert.equal(Buffer.concat(kept).toString("hex"), Buffer.concat(expected).toString("hex"));
    }),
  );
});

test("a COPY FROM STDIN is recognised, and what only looks like one is not", () => {
  const kind = (text: string): unknown => copyFromStdin(queryFrame(text));
  assert.equal(kind("copy t from stdin"), "alone");
  assert.equal(kind("-- x\n COPY t (a, b) /* stdout */ FROM STDIN WITH (FORMAT csv);"), "alone");
  assert.equal(kind("select 1; copy t from stdin"), "among");
  assert.equal(kind("copy t to stdout"), undefined);
  assert.equal(kind("select 'copy t from stdin'"), undefined);
  assert.equal(kind("-- copy t from stdin\nselect 1"), undefined);
  assert.equal(kind("copy t from '/tmp/stdin'"), undefined);
  assert.equal(copyFromStdin(frame("P", Buffer.from("\0copy t from stdin\0\0\0"))), "among");
  assert.equal(copyFromStdin(frame("B", Buffer.from("copy t from stdin\0"))), undefined);
});
