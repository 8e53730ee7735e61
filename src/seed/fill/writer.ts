/** Bytes in chunks, written field by field. Where the chunks are cut says nothing: their concatenation is always the same. */
import type { Value } from "./value.ts";

export class Writer {
  readonly #chunkBytes: number;
  #buffer: Buffer;
  #view: DataView;
  #at = 0;
  #full: Uint8Array[] = [];

  constructor(chunkBytes: number) {
    this.#chunkBytes = chunkBytes;
    this.#buffer = Buffer.allocUnsafeSlow(chunkBytes);
    this.#view = new DataView(this.#buffer.buffer);
  }

  /** The chunks that are complete; with `last`, what is begun too. */
  take(last = false): readonly Uint8Array[] {
    if (last) this.#close(0);
    const full = this.#full;
    if (full.length > 0) this.#full = [];
    return full;
  }

  int8(value: number): void {
    this.#reserve(1);
    this.#buffer[this.#at++] = value;
  }

  int16(value: number): void {
    this.#reserve(2);
    this.#view.setInt16(this.#at, value);
    this.#at += 2;
  }

  int32(value: number): void {
    this.#reserve(4);
    this.#view.setInt32(this.#at, value);
    this.#at += 4;
  }

  int64(value: number): void {
    this.#reserve(8);
    const high = Math.floor(value / 4_294_967_296);
    this.#view.setInt32(this.#at, high);
    this.#view.setUint32(this.#at + 4, value - high * 4_294_967_296);
    this.#at += 8;
  }

  float32(value: number): void {
    this.#reserve(4);
    this.#view.setFloat32(this.#at, value);
    this.#at += 4;
  }

  float64(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#at, value);
    this.#at += 8;
  }

  /** UTF-8. Short ASCII is copied here: crossing into C++ costs five times as much as ten characters. */
  string(value: string): void {
    this.#reserve(value.length * 3);
    const start = this.#at;
    if (value.length < 40) {
      const buffer = this.#buffer;
      let i = 0;
      for (; i < value.length; i++) {
        const code = value.charCodeAt(i);
        if (code > 127) break;
        buffer[start + i] = code;
      }
      this.#at = start + i;
      if (i === value.length) return;
    }
    this.#at = start + this.#buffer.write(value, start);
  }

  /** Characters up to 255, one byte each. */
  bytes(value: string): void {
    this.#reserve(value.length);
    for (let i = 0; i < value.length; i++) this.#buffer[this.#at++] = value.charCodeAt(i);
  }

  /** A length and that many bytes; −1 for null. */
  field(write: (writer: Writer, value: Value) => void, value: Value): void {
    if (value === null) return this.int32(-1);
    this.#reserve(fieldBytes);
    const buffer = this.#buffer;
    const at = this.#at;
    this.#at += 4;
    write(this, value);
    if (this.#buffer === buffer) return this.#view.setInt32(at, this.#at - at - 4);
    this.#lateLength(buffer, at);
  }

  /** The field went over the end of its chunk: its parts are joined again. */
  #lateLength(first: Buffer, at: number): void {
    const parts: Uint8Array[] = [this.#buffer.subarray(0, this.#at)];
    for (let part = this.#full.pop(); part !== undefined; part = this.#full.pop()) {
      const isFirst = part.buffer === first.buffer;
      parts.unshift(isFirst ? part.subarray(at) : part);
      if (isFirst && at > 0) this.#full.push(part.subarray(0, at));
      if (isFirst) break;
    }
    const field = Buffer.concat(parts);
    field.writeInt32BE(field.length - 4, 0);
    this.#full.push(field);
    // What it held is copied.
    this.#at = 0;
  }

  #reserve(bytes: number): void {
    if (this.#at + bytes > this.#buffer.length) this.#close(bytes);
  }

  #close(room: number): void {
    if (this.#at > 0) this.#full.push(this.#buffer.subarray(0, this.#at));
    this.#open(room);
  }

  #open(room: number): void {
    this.#buffer = Buffer.allocUnsafeSlow(Math.max(this.#chunkBytes, room));
    this.#view = new DataView(this.#buffer.buffer);
    this.#at = 0;
  }
}

/** Room for most fields with their length, so that few go over the end of a chunk. */
const fieldBytes = 512;
