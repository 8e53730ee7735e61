/** The worker thread of one PGlite, from this side: requests one at a time, and its death. */
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";
import { Worker } from "node:worker_threads";
import { failure } from "../core/errors.ts";
import { engineErrors } from "./errors.ts";
import type { PgliteStream } from "./pglite-stream.ts";
import type { FromWorker, ToWorker, WorkerTask } from "./pglite-worker.ts";

/**
 * V8 frees machine code of WASM that it has replaced by better code, and its register of such code sometimes does not know
 * the piece: the process aborts (nodejs/node#64500; once in some ten thousand tests here). Code that is kept until the
 * thread ends is never looked up.
 */
const keepReplacedCode = "--no-wasm-code-gc";

interface Request {
  readonly take: (piece: Uint8Array) => void;
  readonly settle: (error?: Error) => void;
}

export class PgliteThread {
  readonly #worker: Worker;
  readonly #credit: Int32Array<SharedArrayBuffer>;
  readonly #streams = new Set<PgliteStream>();
  #turn: Promise<void> = Promise.resolve();
  #request: Request | undefined;
  /** Why it ended, once it has. */
  dead: Error | undefined;
  #onClosed = (): void => {};

  /** Starts PGlite. Errors: ENGINE_DISK_FULL, ENGINE_START_FAILED. */
  static async start(task: Omit<WorkerTask, "credit" | "dumpTo"> & { readonly dumpTo?: string }, location: string): Promise<PgliteThread> {
    setFlagsFromString(keepReplacedCode);
    const credit = new Int32Array(new SharedArrayBuffer(4));
    const script = fileURLToPath(new URL(`./pglite-worker.${import.meta.url.endsWith(".ts") ? "ts" : "js"}`, import.meta.url));
    const workerData = { dumpTo: undefined, ...task, credit } satisfies WorkerTask;
    // Its output is not ours to print; PGlite writes to it when it fails.
    const worker = new Worker(script, { workerData, stdout: true, stderr: true, execArgv: [] });
    const first = await new Promise<FromWorker>((resolve) => {
      worker.once("message", resolve);
      worker.once("error", (error) => resolve({ type: "failed", message: String(error), log: "", diskFull: false }));
      worker.once("exit", (code) => resolve({ type: "failed", message: `the thread ended with code ${code}`, log: "", diskFull: false }));
    });
    if (first.type !== "failed") return new PgliteThread(worker, credit);
    await worker.terminate();
    const detail = first.log || undefined;
    if (first.diskFull) throw failure(engineErrors, "ENGINE_DISK_FULL", { location }, { detail });
    throw failure(engineErrors, "ENGINE_START_FAILED", { problem: `PGlite: ${first.message}`, log: location }, { detail });
  }

  constructor(worker: Worker, credit: Int32Array<SharedArrayBuffer>) {
    this.#worker = worker;
    this.#credit = credit;
    worker.on("message", (message: FromWorker) => this.#heard(message));
    worker.on("error", (error) => this.#died(error));
    worker.on("exit", (code) => this.#died(new Error(`PGlite ended with code ${code}`)));
  }

  /** Executes one request after those before it; rejects when the thread is gone. */
  execute = (bytes: Uint8Array, take: (piece: Uint8Array) => void): Promise<void> => {
    const mine = this.#turn.then(() => this.#send(bytes, take));
    this.#turn = mine.catch(() => {});
    return mine;
  };

  /** Lets the worker go on, when it waits for its pieces to be taken. */
  taken = (bytes: number): void => {
    Atomics.sub(this.#credit, 0, bytes);
    Atomics.notify(this.#credit, 0);
  };

  /** The stream ends with the thread. */
  attach(stream: PgliteStream): PgliteStream {
    this.#streams.add(stream);
    stream.once("close", () => this.#streams.delete(stream));
    if (this.dead) stream.destroy(this.dead);
    return stream;
  }

  /** Resolves when nothing is being executed. */
  idle(): Promise<void> {
    return this.#turn;
  }

  /** Saves the data directory as a tar. */
  dump(path: string): Promise<void> {
    const mine = this.#turn.then(() => this.#ask({ type: "dump", path }, () => {}));
    this.#turn = mine.catch(() => {});
    return mine;
  }

  /** Ends PGlite properly, so that its next start has nothing to recover; at once when a statement is running, which it survives. */
  async close(): Promise<void> {
    if (this.dead) return;
    if (this.#request) return this.kill();
    const closed = new Promise<void>((resolve) => {
      this.#onClosed = resolve;
    });
    this.#worker.postMessage({ type: "close" } satisfies ToWorker);
    await closed;
    await this.#worker.terminate();
  }

  /** Ends the thread in the middle of whatever it does. */
  async kill(): Promise<void> {
    this.#died(new Error("PGlite was stopped"));
    await this.#worker.terminate();
  }

  #send(bytes: Uint8Array, take: (piece: Uint8Array) => void): Promise<void> {
    const own = new Uint8Array(bytes);
    return this.#ask({ type: "execute", bytes: own }, take, [own.buffer]);
  }

  #ask(message: ToWorker, take: (piece: Uint8Array) => void, transfer: ArrayBuffer[] = []): Promise<void> {
    if (this.dead) return Promise.reject(this.dead);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#request = { take, settle: (error) => (error ? reject(error) : resolve()) };
    this.#worker.postMessage(message, transfer);
    return promise;
  }

  #heard(message: FromWorker): void {
    if (message.type === "data") this.#request?.take(message.bytes);
    if (message.type === "done") this.#settle();
    if (message.type === "failed") this.#settle(new Error(message.message));
    if (message.type === "closed") this.#onClosed();
  }

  #settle(error?: Error): void {
    const request = this.#request;
    this.#request = undefined;
    request?.settle(error);
  }

  #died(error: Error): void {
    this.dead ??= error;
    this.#settle(this.dead);
    this.#onClosed();
    for (const stream of this.#streams) stream.destroy(this.dead);
  }
}
