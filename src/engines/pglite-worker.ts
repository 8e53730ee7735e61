/**
 * The thread that PGlite runs in: its queries block the thread that they run on for their whole duration (1.5 s gaps
 * measured). Takes wire protocol messages one at a time and posts the answer in pieces.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { crc32 } from "node:zlib";

export interface WorkerTask {
  /** URL of PGlite's module. */
  readonly module: string;
  /** A directory of the host; undefined for memory. */
  readonly dataDir: string | undefined;
  /** A tar of a fresh data directory to start from; undefined runs initdb. */
  readonly template: string | undefined;
  /** Writes the data directory as a tar to this path, instead of serving. */
  readonly dumpTo: string | undefined;
  /** Extension name → URL of its bundle. */
  readonly bundles: ReadonlyMap<string, string>;
  /** One cell: bytes that were posted and not yet taken. */
  readonly credit: Int32Array;
}

export type ToWorker =
  | { readonly type: "execute"; readonly bytes: Uint8Array }
  | { readonly type: "dump"; readonly path: string }
  | { readonly type: "close" };
export type FromWorker =
  | { readonly type: "ready" }
  | { readonly type: "failed"; readonly message: string; readonly log: string; readonly diskFull: boolean }
  | { readonly type: "data"; readonly bytes: Uint8Array }
  | { readonly type: "done" }
  | { readonly type: "closed" };

/** The part of PGlite that is used; it is an optional peer, so its types may be missing. */
interface Pglite {
  readonly waitReady: Promise<void>;
  execProtocolRawStream(message: Uint8Array, options: { syncToFs: boolean; onRawData: (data: Uint8Array) => void }): Promise<void>;
  dumpDataDir(compression: "none"): Promise<Blob>;
  close(): Promise<void>;
}

/** As PGlite starts its server, without two of its choices: search_path=public, and -O, which allows changes to system tables. */
const startParams = [
  "--single",
  "-F",
  "-j",
  ...Object.entries({
    exit_on_error: "false",
    log_checkpoints: "false",
    max_worker_processes: "0",
    max_parallel_workers: "0",
    max_parallel_workers_per_gather: "0",
    max_parallel_maintenance_workers: "0",
    io_method: "sync",
  }).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
];

/** Sent in pieces of this size: posting each of the server's 8 kB flushes costs more than making them. */
const pieceBytes = 262_144;
/** How much may be on its way to a consumer that does not take it; then the thread sleeps. */
const onTheWayBytes = 8_388_608;

if (parentPort !== null) await serve(parentPort, workerData as WorkerTask);

async function serve(port: MessagePort, task: WorkerTask): Promise<void> {
  const say = (message: FromWorker): void => port.postMessage(message);
  let db: Pglite;
  const log: string[] = [];
  try {
    db = await open(task, log);
    if (task.dumpTo !== undefined) await dump(db, task.dumpTo);
  } catch (error) {
    return say(failed(error, log));
  }
  port.on("message", (message: ToWorker) => {
    answer(db, message, port, task.credit).then(say, (error: unknown) => say(failed(error)));
  });
  say({ type: "ready" });
}

async function open({ module, dataDir, template, bundles }: WorkerTask, log: string[]): Promise<Pglite> {
  const { PGlite } = (await import(module)) as { PGlite: new (options: object) => Pglite };
  const db = new PGlite({
    ...(dataDir !== undefined && { dataDir }),
    ...(template !== undefined && { loadDataDir: new Blob([readTemplate(template)]) }),
    extensions: Object.fromEntries([...bundles].map(([name, url]) => [name, new URL(url)])),
    startParams,
    // The server's log; at most the last lines of a start that fails are of interest. True would make PGlite print them, too.
    onStderr: (line: string) => {
      if (log.push(line) > 50) log.shift();
      return false;
    },
  });
  await db.waitReady;
  log.length = 0;
  return db;
}

async function answer(db: Pglite, message: ToWorker, port: MessagePort, credit: Int32Array): Promise<FromWorker> {
  if (message.type === "close") {
    await db.close();
    return { type: "closed" };
  }
  if (message.type === "dump") await dump(db, message.path);
  else {
    const out = new Pieces(port, credit);
    // The streaming call, because the plain one keeps every message it ever answered (0.5.14: currentQuery.results only grows).
    await db.execProtocolRawStream(message.bytes, { syncToFs: true, onRawData: (data) => out.add(data) });
    out.flush();
  }
  return { type: "done" };
}

async function dump(db: Pglite, path: string): Promise<void> {
  writeFileSync(path, new Uint8Array(await (await db.dumpDataDir("none")).arrayBuffer()));
}

function failed(error: unknown, log: readonly string[] = []): FromWorker {
  const message = error instanceof Error ? error.message : String(error);
  const said = log.join("\n");
  return { type: "failed", message, log: said, diskFull: isDiskFull(error) || said.includes("No space left on device") };
}

function readTemplate(path: string): Buffer<ArrayBuffer> {
  const bytes = readFileSync(path);
  const [, checksum] = /-([0-9a-f]+)\.tar$/.exec(path) ?? [];
  if (checksum !== undefined && crc32(bytes).toString(16) !== checksum) throw new Error("the template's checksum is wrong");
  return bytes;
}

/** Gathers an answer into pieces and waits, inside the running query, while the other side is behind. */
class Pieces {
  readonly #port: MessagePort;
  readonly #credit: Int32Array;
  #buffer = new Uint8Array(pieceBytes);
  #filled = 0;

  constructor(port: MessagePort, credit: Int32Array) {
    this.#port = port;
    this.#credit = credit;
  }

  /** `data` is a view into WASM memory: copied before the server goes on. */
  add(data: Uint8Array): void {
    if (this.#filled + data.length > this.#buffer.length) this.flush(data.length);
    this.#buffer.set(data, this.#filled);
    this.#filled += data.length;
  }

  flush(room = 0): void {
    if (this.#filled > 0) {
      const bytes = this.#buffer.slice(0, this.#filled);
      Atomics.add(this.#credit, 0, bytes.length);
      this.#port.postMessage({ type: "data", bytes } satisfies FromWorker, [bytes.buffer]);
    }
    for (let behind = this.#behind(); behind > onTheWayBytes; behind = this.#behind()) Atomics.wait(this.#credit, 0, behind, 1_000);
    if (room > this.#buffer.length) this.#buffer = new Uint8Array(room);
    this.#filled = 0;
  }

  #behind(): number {
    return Atomics.load(this.#credit, 0);
  }
}

/** From Node's fs with a code, from Emscripten's with a number (51). */
function isDiskFull(error: unknown): boolean {
  const { code, errno, message } = error as { code?: unknown; errno?: unknown; message?: unknown };
  return code === "ENOSPC" || code === "EDQUOT" || errno === 51 || /No space left|ENOSPC/.test(String(message));
}
