/**
 * A pooler as small as it can be: lets everybody in, has a few connections to a server that trusts it, and lends one to a
 * client for a transaction or for a session. The last one given back is lent first, as PgBouncer does.
 */
import { randomInt } from "node:crypto";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface Pooler {
  readonly port: number;
  close(): Promise<void>;
}

export interface PoolerOptions {
  /** The server's Unix socket. */
  readonly path: string;
  readonly database: string;
  readonly mode: "transaction" | "session";
  /** Connections to the server. Default 2. */
  readonly size?: number;
}

interface Backend {
  readonly socket: Socket;
  client: Client | undefined;
}

interface Client {
  readonly socket: Socket;
  backend: Backend | undefined;
  /** What it has sent while it waits for a backend. */
  pending: Buffer[];
}

export async function pooler(options: PoolerOptions): Promise<Pooler> {
  const free: Backend[] = [];
  const waiting: Client[] = [];
  const sockets = new Set<Socket>();

  const give = (client: Client, backend: Backend): void => {
    client.backend = backend;
    backend.client = client;
    for (const bytes of client.pending.splice(0)) backend.socket.write(bytes);
  };
  const release = (backend: Backend): void => {
    if (backend.client) backend.client.backend = undefined;
    backend.client = undefined;
    const next = waiting.shift();
    if (next) give(next, backend);
    else free.push(backend);
  };
  const send = (client: Client, frame: Buffer): void => {
    if (client.backend) return void client.backend.socket.write(frame);
    client.pending.push(frame);
    if (client.pending.length > 1) return;
    const backend = free.pop();
    if (backend) give(client, backend);
    else waiting.push(client);
  };
  const leave = (client: Client): void => {
    const { backend } = client;
    const queued = waiting.indexOf(client);
    if (queued >= 0) waiting.splice(queued, 1);
    // The transaction that is left in it must not reach the next client.
    if (backend) backend.socket.write(query("rollback"));
  };

  const server = createServer((socket) => {
    sockets.add(socket);
    const client: Client = { socket, backend: undefined, pending: [] };
    const frames = framed(true, (frame, first) => {
      if (first) return greet(socket, frame);
      if (frame[0] === 0x58) return void socket.end();
      send(client, frame);
    });
    socket.on("data", frames);
    socket.on("error", () => {});
    socket.on("close", () => leave(client));
  });

  for (let i = 0; i < (options.size ?? 2); i++) {
    const backend: Backend = { socket: connect(options.path), client: undefined };
    sockets.add(backend.socket);
    const ready = Promise.withResolvers<void>();
    backend.socket.on("error", () => {});
    backend.socket.on("connect", () => backend.socket.write(startup({ user: "postgres", database: options.database })));
    backend.socket.on(
      "data",
      framed(false, (frame) => {
        ready.resolve();
        backend.client?.socket.write(frame);
        const idle = frame[0] === 0x5a && frame[5] === 0x49;
        const gone = backend.client?.socket.destroyed ?? true;
        if (idle && (options.mode === "transaction" || gone) && !free.includes(backend)) release(backend);
      }),
    );
    await ready.promise;
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** Authenticated, with a key of the pooler's own: cancel requests go to it, and its pid is no backend's. */
function greet(socket: Socket, first: Buffer): void {
  if (first.readInt32BE(4) === 80_877_103) return void socket.write("N");
  const key = Buffer.alloc(8);
  key.writeInt32BE(randomInt(1, 2 ** 31 - 1), 0);
  key.writeInt32BE(randomInt(1, 2 ** 31 - 1), 4);
  socket.write(Buffer.concat([message("R", Buffer.alloc(4)), message("K", key), message("Z", Buffer.from("I"))]));
}

/** Cuts a stream into messages; the first of a client has no type byte. */
function framed(fromClient: boolean, take: (frame: Buffer, first: boolean) => void): (bytes: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  let started = !fromClient;
  return (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    for (;;) {
      const offset = started ? 1 : 0;
      if (rest.length < offset + 4) return;
      const length = offset + rest.readInt32BE(offset);
      if (rest.length < length) return;
      const frame = rest.subarray(0, length);
      rest = rest.subarray(length);
      const first = !started;
      // After a refused SSLRequest the startup message proper follows.
      started ||= frame.readInt32BE(4) !== 80_877_103;
      take(frame, first);
    }
  };
}

function message(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5, type);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

function query(text: string): Buffer {
  return message("Q", Buffer.from(`${text}\0`));
}

function startup(parameters: Readonly<Record<string, string>>): Buffer {
  const pairs = Object.entries(parameters).map(([name, value]) => `${name}\0${value}\0`);
  const body = Buffer.from(`${pairs.join("")}\0`);
  const head = Buffer.alloc(8);
  head.writeInt32BE(body.length + 8, 0);
  head.writeInt32BE(196_608, 4);
  return Buffer.concat([head, body]);
}
