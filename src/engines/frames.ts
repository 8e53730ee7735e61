/** Frames of the frontend protocol: which bytes belong together, and which of them are a COPY … FROM STDIN. */
import { splitStatements } from "../core/sql-text.ts";

/** Puts chunks together and cuts them into messages. */
export class Frames {
  #rest: Uint8Array = new Uint8Array(0);
  #started = false;

  /** Complete messages so far; the startup message is the only one without a type byte. */
  push(chunk: Uint8Array): Uint8Array[] {
    this.#rest = this.#rest.length === 0 ? chunk : concat([this.#rest, chunk]);
    const frames: Uint8Array[] = [];
    for (;;) {
      const start = this.#started ? 1 : 0;
      if (this.#rest.length < start + 4) return frames;
      const length = start + uint32(this.#rest, start);
      if (this.#rest.length < length) return frames;
      frames.push(this.#rest.subarray(0, length));
      this.#rest = this.#rest.subarray(length);
      this.#started = true;
    }
  }
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  return parts.length === 1 ? (parts[0] as Uint8Array) : new Uint8Array(Buffer.concat(parts));
}

export function typeOf(frame: Uint8Array): string {
  return frame[0] === 0 ? "startup" : String.fromCharCode(frame[0] as number);
}

function uint32(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(at);
}

/** `alone`: a Query that is nothing but one COPY … FROM STDIN; `among`: such a statement is in it, or in a Parse. */
export function copyFromStdin(frame: Uint8Array): "alone" | "among" | undefined {
  const type = typeOf(frame);
  if (type !== "Q" && type !== "P") return undefined;
  const text = textOf(frame, type);
  if (!/\bstdin\b/i.test(text)) return undefined;
  const statements = splitStatements(text);
  if (!statements.some(({ tokens }) => tokens[0]?.value === "COPY" && tokens.some(({ value }) => value === "STDIN"))) return undefined;
  return type === "Q" && statements.length === 1 ? "alone" : "among";
}

function textOf(frame: Uint8Array, type: "Q" | "P"): string {
  const body = Buffer.from(frame.buffer, frame.byteOffset + 5, frame.length - 5);
  const start = type === "P" ? body.indexOf(0) + 1 : 0;
  return body.toString("utf8", start, body.indexOf(0, start));
}

/** A Query message. */
export function queryFrame(text: string): Uint8Array {
  const body = Buffer.from(`${text}\0`);
  const head = Buffer.alloc(5, "Q");
  head.writeInt32BE(body.length + 4, 1);
  return concat([head, body]);
}

/** CopyInResponse: text format, no column formats. */
export const copyInResponse: Uint8Array = Uint8Array.of(0x47, 0, 0, 0, 7, 0, 0, 0);

/** CopyFail, for a COPY that nobody feeds: without it the backend reads past the end of its input and dies. */
export const copyFail: Uint8Array = Uint8Array.of(0x66, 0, 0, 0, 5, 0);

/** An answer without the CopyInResponse in it; the others are cut off at message borders and passed on. */
export class WithoutCopyIn {
  #rest: Uint8Array = new Uint8Array(0);

  pass(bytes: Uint8Array): Uint8Array {
    this.#rest = concat([this.#rest, bytes]);
    const kept: Uint8Array[] = [];
    while (this.#rest.length >= 5) {
      const length = 1 + uint32(this.#rest, 1);
      if (this.#rest.length < length) break;
      if (typeOf(this.#rest) !== "G") kept.push(this.#rest.subarray(0, length));
      this.#rest = this.#rest.subarray(length);
    }
    return concat(kept.length === 0 ? [new Uint8Array(0)] : kept);
  }
}
