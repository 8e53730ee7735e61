/** A socket for pg's client whose other end is PGlite's worker. */
import { Duplex } from "node:stream";
import { concat, copyFail, copyFromStdin, copyInResponse, Frames, typeOf, WithoutCopyIn } from "./frames.ts";

/** Executes one request; gives the answer piece by piece. Rejects when PGlite is gone. */
export type Execute = (bytes: Uint8Array, take: (piece: Uint8Array) => void) => Promise<void>;

/** Told how many bytes have been taken by the reader. */
export type Taken = (bytes: number) => void;

export class PgliteStream extends Duplex {
  readonly #execute: Execute;
  readonly #taken: Taken;
  readonly #frames = new Frames();
  /** Messages up to the next one that makes the server answer. */
  #batch: Uint8Array[] = [];
  /** A COPY … FROM STDIN in the batch that nobody will feed. */
  #unfed = false;
  /** A COPY … FROM STDIN that is being fed, with what it was fed so far. */
  #copy: Uint8Array[] | undefined;
  #pieces: Uint8Array[] = [];
  #wanted = false;

  constructor(execute: Execute, taken: Taken) {
    super();
    this.#execute = execute;
    this.#taken = taken;
  }

  connect(): this {
    process.nextTick(() => this.emit("connect"));
    return this;
  }
  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }

  override _write(chunk: Uint8Array, _encoding: string, callback: (error?: Error | null) => void): void {
    void this.#write(chunk, callback);
  }

  async #write(chunk: Uint8Array, callback: (error?: Error | null) => void): Promise<void> {
    const failed = await this.#accept(this.#frames.push(chunk)).then(
      () => null,
      (error: unknown) => error as Error,
    );
    callback(failed);
  }

  override _final(callback: (error?: Error | null) => void): void {
    this.push(null);
    callback();
  }

  override _read(): void {
    this.#wanted = true;
    this.#deliver();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    for (const piece of this.#pieces) this.#taken(piece.length);
    this.#pieces = [];
    callback(error);
  }

  async #accept(frames: readonly Uint8Array[]): Promise<void> {
    for (const frame of frames) {
      if (this.#copy) await this.#feed(this.#copy, frame);
      else if (!"dcfX".includes(typeOf(frame))) await this.#collect(frame);
    }
  }

  /** The backend answers on Query, Sync and Flush; what comes before goes in together with them. */
  async #collect(frame: Uint8Array): Promise<void> {
    const copy = copyFromStdin(frame);
    if (copy === "alone") {
      this.#copy = [new Uint8Array(frame)];
      return this.#add(copyInResponse, false);
    }
    this.#unfed ||= copy === "among";
    const type = typeOf(frame);
    if (type === "S" && this.#unfed) this.#batch.push(copyFail);
    this.#batch.push(frame);
    if (type === "Q" && this.#unfed) this.#batch.push(copyFail);
    if (!["Q", "S", "H", "startup"].includes(type)) return;
    const batch = concat(this.#batch);
    // The client must not hear of a COPY that has been refused already.
    const answer = this.#unfed ? new WithoutCopyIn() : undefined;
    this.#batch = [];
    this.#unfed = false;
    await this.#run(batch, (piece) => answer?.pass(piece) ?? piece);
  }

  /** The WASM backend cannot wait for input, so it gets the statement and all its data at once. */
  async #feed(copy: Uint8Array[], frame: Uint8Array): Promise<void> {
    const type = typeOf(frame);
    if (!"dcf".includes(type)) return;
    copy.push(new Uint8Array(frame));
    if (type === "d") return;
    this.#copy = undefined;
    const answer = new WithoutCopyIn();
    await this.#run(concat(copy), (piece) => answer.pass(piece));
  }

  async #run(bytes: Uint8Array, filter: (piece: Uint8Array) => Uint8Array): Promise<void> {
    await this.#execute(bytes, (piece) => {
      const kept = filter(piece);
      // What was filtered out is taken at once.
      this.#taken(piece.length - kept.length);
      this.#add(kept, true);
    });
  }

  #add(piece: Uint8Array, counted: boolean): void {
    if (!counted) this.#taken(-piece.length);
    if (this.destroyed) return this.#taken(piece.length);
    if (piece.length > 0) this.#pieces.push(piece);
    this.#deliver();
  }

  #deliver(): void {
    while (this.#wanted && this.#pieces.length > 0) {
      const piece = this.#pieces.shift() as Uint8Array;
      this.#wanted = this.push(piece);
      this.#taken(piece.length);
    }
  }
}
