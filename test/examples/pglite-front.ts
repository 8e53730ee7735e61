/**
 * PGlite behind a TCP port: a PostgreSQL with pgvector that a URL can point at. It has one backend, so its connections
 * share settings and transactions: enough for a command that asks something on a second connection while the first is idle.
 */
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { queryFrame } from "../../src/engines/frames.ts";
import { packageFinder, pglitePackages } from "../../src/engines/pglite-packages.ts";
import { PgliteStream } from "../../src/engines/pglite-stream.ts";
import { pgliteTemplate } from "../../src/engines/pglite-template.ts";
import { PgliteThread } from "../../src/engines/pglite-thread.ts";
import { root } from "../support/migrate-server.ts";
import { testCacheDir } from "../support/testDatabase.ts";

export interface Front {
  readonly url: string;
  close(): Promise<void>;
}

export async function pgliteFront(extensions: readonly string[]): Promise<Front> {
  const packages = pglitePackages(packageFinder(root));
  const bundles = new Map([...packages.bundles].filter(([name]) => extensions.includes(name)));
  const template = await pgliteTemplate(packages, { cacheDir: testCacheDir });
  const thread = await PgliteThread.start({ module: packages.module, dataDir: undefined, template, bundles }, "memory");
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    serve(thread, socket, () => {
      sockets.delete(socket);
      if (sockets.size === 0) cleanUp(thread);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `postgres://postgres@127.0.0.1:${(server.address() as AddressInfo).port}/postgres`,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await closed(server);
      await thread.close();
    },
  };
}

function serve(thread: PgliteThread, socket: Socket, ended: () => void): void {
  const stream = thread.attach(new PgliteStream(thread.execute, thread.taken));
  for (const end of [socket, stream]) end.on("error", () => undefined);
  socket.once("close", () => {
    stream.destroy();
    ended();
  });
  socket.pipe(stream).pipe(socket);
}

/** Leaves the backend as a new connection expects it. Asked for at once, so that nothing of that one comes in between. */
function cleanUp(thread: PgliteThread): void {
  for (const text of ["rollback", "set session authorization postgres", "discard all"])
    thread.execute(queryFrame(text), (piece) => thread.taken(piece.length)).catch(() => undefined);
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
