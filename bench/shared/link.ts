/** A link with a round-trip time: a TCP proxy that holds every byte back for half of it, in order, and counts the round trips. */
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type NetConnectOpts, type Socket } from "node:net";

export interface Link {
  readonly port: number;
  /** Round trips since the last reset: times that the client spoke after the server had. */
  trips(): number;
  reset(): void;
  close(): Promise<void>;
}

/** The client's goodbye (Terminate), for which nobody waits. */
const goodbye = Buffer.from([0x58, 0, 0, 0, 4]);

export async function openLink(server: NetConnectOpts, roundTripMs: number): Promise<Link> {
  let count = 0;
  const open = new Set<Socket>();
  const proxy = createServer((client) => {
    const upstream = connect(server);
    let serverSpoke = true;
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true);
      open.add(socket.on("close", () => open.delete(socket)));
      socket.on("error", () => [client, upstream].forEach((other) => other.destroy()));
    }
    pass(client, upstream, roundTripMs / 2, (chunk) => {
      if (serverSpoke && !chunk.equals(goodbye)) count++;
      serverSpoke = false;
    });
    pass(upstream, client, roundTripMs / 2, undefined, () => {
      serverSpoke = true;
    });
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  return {
    port: (proxy.address() as AddressInfo).port,
    trips: () => count,
    reset: () => {
      count = 0;
    },
    close: async () => {
      for (const socket of open) socket.destroy();
      proxy.close();
      await once(proxy, "close");
    },
  };
}

/** Hands on what `from` sends, `delayMs` later; one timer at a time, so that nothing overtakes. */
function pass(from: Socket, to: Socket, delayMs: number, onArrival?: (chunk: Buffer) => void, onDelivery?: () => void): void {
  const queue: { readonly chunk: Buffer | undefined; readonly dueAt: number }[] = [];
  const deliver = (): void => {
    while (queue[0] && queue[0].dueAt <= performance.now()) {
      const { chunk } = queue.shift() as { chunk: Buffer | undefined };
      if (chunk === undefined) to.end();
      else {
        onDelivery?.();
        to.write(chunk);
      }
    }
    if (queue[0]) setTimeout(deliver, Math.max(0, queue[0].dueAt - performance.now()));
  };
  const add = (chunk?: Buffer): void => {
    queue.push({ chunk, dueAt: performance.now() + delayMs });
    if (queue.length === 1) setTimeout(deliver, delayMs);
  };
  from.on("data", (chunk: Buffer) => {
    onArrival?.(chunk);
    add(chunk);
  });
  from.on("end", () => add());
}
